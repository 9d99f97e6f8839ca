import type { Connection } from '../connection/Connection.js';
import type { QoS } from '../packet/Packet.js';
import { type RequestClient, ResponseChannel } from './ResponseChannel.js';
import { randomText } from './randomText.js';

/** What the requests of one client share. */
interface Shared {
  /** Nobody guesses it: who does not know it can neither hear answers nor forge them. */
  readonly id: string;
  readonly channels: Map<string, ResponseChannel>;
}

const SHARED = /* @__PURE__ */ new WeakMap<RequestClient, Shared>();

/** The first levels of response topics, unless the broker says others. */
const FIRST_LEVELS = 'tortoise-rx/response';

function sharedBy(client: RequestClient): Shared {
  let shared = SHARED.get(client);
  if (!shared) SHARED.set(client, (shared = { id: randomText(), channels: new Map() }));
  return shared;
}

/** The response topic of a client: below the broker's Response Information, if it has one (MQTT5 section 4.10). */
export function ownTopic(client: RequestClient, { properties }: Connection): string {
  const first = properties?.responseInformation ?? FIRST_LEVELS;
  return `${first}${first.endsWith('/') ? '' : '/'}${sharedBy(client).id}`;
}

/** The channel of a client for some response topics. */
export function channelOf(client: RequestClient, filters: readonly string[], qos: QoS): ResponseChannel {
  const { channels } = sharedBy(client);
  const key = `${qos} ${filters.join('\n')}`;
  let channel = channels.get(key);
  if (!channel) {
    channel = new ResponseChannel(client, filters, qos, () => {
      if (channels.get(key) === channel) channels.delete(key);
    });
    channels.set(key, channel);
  }
  return channel;
}
