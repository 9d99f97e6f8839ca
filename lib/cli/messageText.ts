import { Observable } from 'rxjs';
import type { Message } from '../index.js';
import { bytes } from './figures.js';
import type { Output } from './Output.js';
import { printable, printableJson } from './printable.js';

/** How messages are printed. */
export interface MessageStyle {
  /** `raw`: the payload alone, byte by byte, with nothing behind it. */
  readonly form: 'text' | 'json' | 'raw';
  /** Whether the topic name stands in front of a text. */
  readonly hasTopic: boolean;
}

/** Bytes of a payload that is no text that are shown. */
const SHOWN = 16;

/**
 * Prints a message. On a terminal nothing that stands in it can do more than to be read; into a pipe go the bytes. Cold; emits
 * the message and completes when it is written; stays silent when it cannot be.
 */
export function printed(message: Message, style: MessageStyle, out: Output): Observable<Message> {
  return new Observable((observer) => {
    print(message, style, out, () => {
      observer.next(message);
      observer.complete();
    });
  });
}

function print(message: Message, { form, hasTopic }: MessageStyle, out: Output, written: () => void): void {
  if (form === 'raw') return out.write(message.payload, written);
  if (form === 'json') return out.write(`${printableJson(fieldsOf(message))}\n`, written);
  if (out.isTerminal) {
    const topic = hasTopic ? `${out.style('cyan', printable(message.topic))} ` : '';
    return out.write(`${topic}${payloadText(message.payload, { keepLines: true })}\n`, written);
  }
  if (hasTopic) out.write(`${message.topic} `);
  out.write(message.payload);
  out.write('\n', written);
}

/** A payload for people. */
export function payloadText(payload: Uint8Array, options: { readonly keepLines?: boolean } = {}): string {
  const text = textOf(payload);
  if (text !== undefined) return printable(text, options);
  const hex = Buffer.from(payload.subarray(0, SHOWN)).toString('hex').replace(/..(?=.)/g, '$& '); // prettier-ignore
  return `‹${bytes(payload.length)}: ${hex}${payload.length > SHOWN ? ' …' : ''}›`;
}

/** A message for programs. A payload that is no UTF-8 is in `payloadBase64` instead of `payload`. */
function fieldsOf(message: Message): Readonly<Record<string, unknown>> {
  const { topic, payload, qos, retain, dup, properties } = message;
  const { correlationData, ...others } = properties;
  const said = {
    ...others,
    subscriptionIdentifiers: undefined, // they are this client's own: JSON leaves them out
    ...(correlationData && { correlationData: Buffer.from(correlationData).toString('base64') }),
  };
  const text = textOf(payload);
  return {
    time: new Date().toISOString(),
    topic,
    ...(text === undefined ? { payloadBase64: Buffer.from(payload).toString('base64') } : { payload: text }),
    qos,
    retain,
    dup,
    ...(Object.values(said).some((value) => value !== undefined) && { properties: said }),
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload);
  } catch {
    return undefined;
  }
}
