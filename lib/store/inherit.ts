import type { StoredSession } from '../session/Persistence.js';
import { Outgoing } from '../session/Outgoing.js';
import type { Moment } from '../session/lifetime.js';
import type { LeftMessage, StoreContents } from './readStore.js';

/** Makes of the records of a store what a session goes on with. @param now when the lives of the messages go on */
export function inherit({ messages, received, corrupt, isNew }: StoreContents, now: Moment): StoredSession {
  const all = messages.map((stored) => ({ stored, outgoing: outgoingOf(stored, now) }));
  const inFlight = all.filter(({ stored }) => stored.packetId > 0);
  const withPubrec = inFlight.filter(({ stored }) => stored.released !== undefined);
  withPubrec.sort((a, b) => a.stored.released! - b.stored.released!);
  const outgoing = (list: typeof all) => list.map(({ outgoing }) => outgoing);
  return {
    inherited: {
      inFlight: outgoing(inFlight),
      received: outgoing(withPubrec),
      queued: outgoing(all.filter(({ stored }) => stored.packetId === 0)),
      packetIds: received,
    },
    setAside: corrupt.map(({ key, why }) => ({ key, reason: why })),
    isNew,
  };
}

function outgoingOf(
  { topic, payload, qos, retain, packetId, serial, expiry, since, properties, arePropertiesImplied }: LeftMessage,
  now: Moment,
): Outgoing {
  const outgoing = new Outgoing(topic, payload, qos, retain, undefined, undefined);
  outgoing.packetId = packetId;
  if (packetId > 0) outgoing.written(0); // the process that gave it its packet identifier may have written it
  outgoing.serial = serial;
  if (properties) outgoing.properties = properties;
  if (arePropertiesImplied) outgoing.arePropertiesImplied = true;
  if (expiry > 0) outgoing.lifetime = { expiry, since: { monotonic: now.monotonic, wall: since } };
  return outgoing;
}
