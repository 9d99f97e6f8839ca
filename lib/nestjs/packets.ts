import type { ReadPacket, WritePacket } from '@nestjs/microservices';

/** What asks a handler or tells it something. With an id it is answered in Nest's way. */
export type Incoming = Pick<ReadPacket, 'data'> & { readonly id?: string };

/** An answer, and to which request. */
export type Reply = WritePacket & { readonly id?: string };

const OF_REPLIES: readonly string[] = ['id', 'err', 'response', 'isDisposed', 'status'];

/** What came as a packet: what is no packet of Nest's is the data. */
export function incoming(came: unknown): Incoming {
  const packet = isObject(came) && (came['pattern'] !== undefined || came['data'] !== undefined);
  return packet ? (came as unknown as Incoming) : { data: came };
}

/** What came as an answer: what is no packet of Nest's is the only answer. */
export function reply(came: unknown): Reply {
  if (!isObject(came)) return { response: came, isDisposed: true };
  const names = Object.keys(came);
  const isPacket = names.length > 0 && names.every((name) => OF_REPLIES.includes(name));
  return isPacket ? came : { id: came['id'] as string, response: came, isDisposed: true };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
