import { MqttError } from './MqttError.js';

/** What a request waited for, in this order. */
export type RequestStep = 'connect' | 'subscribe' | 'publish' | 'answer';

/** Why a request has no answer yet, by what it waits for. */
const WAITING: Readonly<Record<RequestStep, string>> = {
  connect: 'there is no connection; nothing was sent',
  subscribe: 'the broker has not granted the response topic; nothing was sent',
  publish: 'the broker has not acknowledged the request, or the transport has not taken it',
  answer: 'the broker has the request, and no answer came',
};

/** `request` got no answer, or too few, within its `timeout`. A new subscription is a new request. */
export class RequestTimeoutError extends MqttError {
  override readonly name = 'RequestTimeoutError';
  declare readonly code: 'REQUEST_TIMEOUT';

  static override get code(): 'REQUEST_TIMEOUT' {
    return 'REQUEST_TIMEOUT';
  }

  /**
   * @param topic of the request
   * @param timeout milliseconds
   * @param during what it waited for. After `connect` and `subscribe` nobody has got the request; after `publish` and `answer`
   *   somebody may have, and may still act on it
   * @param isUnheard whether an MQTT 5 broker said that nobody was subscribed to the topic
   */
  constructor(
    readonly topic: string,
    readonly timeout: number,
    readonly during: RequestStep,
    isUnheard = false,
    options?: { cause?: unknown },
  ) {
    const unheard = isUnheard ? '; the broker said that nobody was subscribed to the topic' : '';
    super(`no answer to the request to "${topic}" within ${timeout} ms: ${WAITING[during]}${unheard}`, options);
  }
}

/** The responder failed, and said so: its answer has the user property `error`, as those of `respond` have then. */
export class RequestFailedError extends MqttError {
  override readonly name = 'RequestFailedError';
  declare readonly code: 'REQUEST_FAILED';

  static override get code(): 'REQUEST_FAILED' {
    return 'REQUEST_FAILED';
  }

  /**
   * @param topic of the request
   * @param reason what the responder said; believe it as far as you believe the responder
   */
  constructor(
    readonly topic: string,
    readonly reason: string,
  ) {
    super(`the responder failed at the request to "${topic}": ${reason}`);
  }
}
