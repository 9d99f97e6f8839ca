import type { Authentication, FollowServerReference, Will } from '../connection/ConnectionOptions.js';
import type { PerAttempt } from '../connection/perAttempt.js';
import type { UserProperties } from '../connection/userProperties.js';
import type { ProtocolVersion } from '../packet/Packet.js';
import type { DialSettings, ServerOption } from '../connection/serverAddress.js';
import type { Overflow } from '../session/Queue.js';
import type { SessionStore } from '../session/SessionStore.js';
import type { RetryNotifier } from '../stream/backoff.js';

/** The queue of messages that wait for a connection. */
export interface QueueOptions {
  /** Messages. Default 10,000. */
  readonly size?: number | undefined;
  /** Bytes of payload, of all of them together. Default 268,435,460; `Infinity` for any number. */
  readonly bytes?: number | undefined;
  /**
   * What gives way when it is full: the new message (`'error'`, the default, and `'drop-newest'`), or as many of the
   * oldest as are needed (`'drop-oldest'`). Its publish errs with a `QueueOverflowError`.
   */
  readonly overflow?: Overflow | undefined;
}

/** Everything that `createClient` can be told. Checked at once; copied, never changed. */
export interface ClientOptions {
  /**
   * The broker: `mqtt://host:1883` or `tcp://…`; with TLS `mqtts://host:8883`, `ssl://…` or `tls://…`; over WebSocket
   * `ws://host/path` or `wss://…`; a Unix socket, `mqtt+unix:///path`; a `Transport`; or a list of them that is tried in
   * turn, one an attempt. User name and password in a URL are used unless the options name others. A function is called
   * for every attempt.
   */
  readonly server?: ServerOption | undefined;
  /**
   * The client identifier, unique at the broker. Default: `tortoise-` and 14 random characters. Required with
   * `cleanSession: false` and `'first'`, because the broker finds the session by it. Empty, so that the broker
   * chooses, only with `true` [MQTT-3.1.3-7], or with MQTT 5, where the assigned one is used from then on.
   */
  readonly clientId?: string | undefined;
  /** The user name; a function is called for every attempt. Default: none. */
  readonly username?: PerAttempt<string | undefined> | undefined;
  /** The password; needs a user name [MQTT-3.1.2-22]. A function is called for every attempt: for tokens that expire. */
  readonly password?: PerAttempt<string | Uint8Array | undefined> | undefined;
  /** The will; a function is called for every attempt. Default: none. */
  readonly will?: PerAttempt<Will | undefined> | undefined;
  /**
   * Seconds, 0 to 65,535, that this client promises never to be silent for: the broker gives it up after 1.5 times as
   * long [MQTT-3.1.2-24]. Default 60, over WebSocket 120; 0 promises nothing and never pings.
   */
  readonly keepAlive?: number | undefined;
  /**
   * Seconds of silence, in either direction, after which PINGREQ is sent: 1 to `keepAlive`. Default 60, over WebSocket
   * 30, because proxies cut connections after 60 s of silence and hidden tabs run timers once a minute; never more than
   * `keepAlive`.
   */
  readonly pingInterval?: number | undefined;
  /**
   * Milliseconds of silence after PINGREQ that end the connection with a `KeepAliveTimeoutError`. Default: the smaller of
   * 5,000 and `keepAlive`.
   */
  readonly pingTimeout?: number | undefined;
  /**
   * Whether the session ends with each connection. Default `true`; `false`: the broker keeps subscriptions and messages
   * while the client is away; `'first'`: `true` until this client was connected once, `false` from then on.
   */
  readonly cleanSession?: boolean | 'first' | undefined;
  /** Milliseconds until the socket must be open, functions of options included. Default 10,000. */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds from the open socket to CONNACK. Default 5,000. */
  readonly connackTimeout?: number | undefined;
  /**
   * Milliseconds of silence while SUBSCRIBE or UNSUBSCRIBE is unanswered that end the connection; the next one asks again.
   * Default 5,000.
   */
  readonly subscribeTimeout?: number | undefined;
  /** The most topic filters of one SUBSCRIBE or UNSUBSCRIBE. Default `Infinity`; AWS IoT Core takes 8. */
  readonly subscribeBatch?: number | undefined;
  /**
   * Some brokers hang up on a message above their limit or a filter that a policy forbids. This is how many times the
   * broker may hang up on such a request, while connections without it live on, before the request is given up: its
   * publish errs with a `PublishRefusedError`, its stream with a `SubscriptionRefusedError`. Default 5; `Infinity`: never.
   */
  readonly giveUpAfter?: number | undefined;
  /** When to connect again after a failure: what RxJS's `retryWhen` takes. Default `backoff()`. */
  readonly retryWhen?: RetryNotifier | undefined;
  /** Milliseconds that the connection stays open when nothing needs it any more. Default 1,000. */
  readonly linger?: number | undefined;
  /** How much waits while there is no connection, and what gives way. */
  readonly queue?: QueueOptions | undefined;
  /**
   * Unacknowledged QoS 1 and 2 messages at a time, 1 to 65,535. Default 65,535; lower it for a small broker. Mosquitto
   * 2.0 with its default `max_inflight_messages` of 20 hangs up on a resumed session with more QoS 2 messages than that:
   * say 20 here, or raise it there.
   */
  readonly maxInflight?: number | undefined;
  /**
   * What becomes of a QoS 2 message in mid-exchange when the broker lost the session. Default `'error'`: its publish
   * errors with a `SessionLostError`; `'republish'`: it is sent again and may arrive twice.
   */
  readonly onSessionLost?: 'error' | 'republish' | undefined;
  /** The largest packet, in bytes, that is taken from the broker; an MQTT 5 broker is told. Default 268,435,460: any. */
  readonly maxPacketSize?: number | undefined;
  /**
   * 4, the default, is MQTT 3.1.1, 5 is MQTT 5. `'auto'` tries 5, and then 3.1.1 when the broker does not know 5: it says so,
   * or closes the connection twice in a row instead of answering. What worked is remembered for each broker, and
   * `connection$` tells it. With `'auto'`, what only MQTT 5 can say is not said to a 3.1.1 broker.
   */
  readonly protocolVersion?: ProtocolVersion | 'auto' | undefined;
  /**
   * MQTT 5: seconds that the broker keeps the session without a connection, with `cleanSession: false` or `'first'`.
   * Default `Infinity`: for ever. A function is called for every attempt.
   */
  readonly sessionExpiryInterval?: PerAttempt<number | undefined> | undefined;
  /**
   * How many messages may be open at a time: 1 to 65,535, the default. A message is open until every `topic$` with
   * `acknowledge: 'manual'` that got it has acknowledged it. An MQTT 5 broker is told, and one that sends more at QoS 1 and
   * 2 loses the connection [MQTT5-3.3.4-9]. A 3.1.1 broker cannot be told, and neither can do so at QoS 0: there the client
   * reads no further from the connection until some are acknowledged.
   */
  readonly receiveMaximum?: number | undefined;
  /**
   * Bytes that may wait in the client while it reads no further, see `receiveMaximum`, if the transport cannot be paused: a
   * WebSocket of a browser. More than that ends the connection with a `ReceiveOverflowError`; it is made anew, and the
   * broker sends what was not acknowledged again. Default 8,388,608; 0 keeps nothing.
   */
  readonly receiveQueue?: number | undefined;
  /** MQTT 5: how many topic aliases the broker may use. Default 64; 0 allows none. */
  readonly topicAliasMaximum?: number | undefined;
  /**
   * MQTT 5: how many topic aliases this client uses at most, if the broker takes as many. They are given to the topics
   * that were published to most recently. Default 64; 0 uses none.
   */
  readonly topicAliases?: number | undefined;
  /** MQTT 5: asks the broker what response topics may begin with. Default `false`. */
  readonly requestResponseInformation?: boolean | undefined;
  /** MQTT 5: lets the broker send reason strings and user properties beside reason codes. Default `true`. */
  readonly requestProblemInformation?: boolean | undefined;
  /** MQTT 5: user properties for CONNECT. A function is called for every attempt. */
  readonly userProperties?: PerAttempt<UserProperties | undefined> | undefined;
  /** MQTT 5: enhanced authentication by AUTH packets. A function is called for every attempt. */
  readonly authentication?: PerAttempt<Authentication | undefined> | undefined;
  /**
   * MQTT 5: whether to go where the broker says when it sends the client elsewhere. 0x9c (use another server): for the next
   * attempt; 0x9d (server moved): from then on. `true`: to the hosts that it names, in turn, with scheme, path, user name
   * and password of the present URL. A function is given the reference and the present server, and returns an address, a
   * list of them, or `undefined` to stay. Default `false`, because the broker that is named gets the credentials.
   */
  readonly followServerReference?: FollowServerReference | undefined;
  /** How to dial, except to `ws:` and `wss:`: options of `net.connect`, or through a proxy. The URL says where. */
  readonly tcp?: DialSettings['tcp'];
  /**
   * Certificates, and other options of `tls.connect`, for `mqtts:`, `ssl:`, `tls:` and `wss:`. The URL says where. A
   * function is called for every attempt: for certificates that are renewed.
   */
  readonly tls?: DialSettings['tls'];
  /**
   * Where QoS 1 and 2 messages on their way, and the identifiers of incoming QoS 2 messages, outlive the process. Needs a
   * `clientId`; with `cleanSession: false` a client that is started again goes on where the last one stopped. Default:
   * nothing outlives the client.
   */
  readonly store?: SessionStore | undefined;
  /** How WebSockets are opened, for `ws:` and `wss:` URLs. */
  readonly webSocket?: DialSettings['webSocket'];
}
