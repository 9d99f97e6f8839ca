import { ProtocolError } from '../errors.js';
import type { SubackPacket, SubscribePacket, UnsubackPacket, UnsubscribePacket } from '../packet/Packet.js';
import type { Call } from './Call.js';

/**
 * A SUBSCRIBE or UNSUBSCRIBE without an answer.
 *
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export interface Request<R> {
  readonly packet: SubscribePacket | UnsubscribePacket;
  readonly filters: readonly string[];
  /** The calls that wait for the answer, filter by filter. */
  calls: readonly (readonly Call<R>[])[];
}

/** The unanswered requests of a connection. */
export class Requests<R> {
  private all: Map<number, Request<R>> | undefined; // most of the time there is none

  get size(): number {
    return this.all?.size ?? 0;
  }

  has(packetId: number): boolean {
    return this.all?.has(packetId) === true;
  }

  [Symbol.iterator](): Iterator<Request<R>> {
    return (this.all ?? new Map<never, Request<R>>()).values();
  }

  add(request: Request<R>): void {
    (this.all ??= new Map()).set(request.packet.packetId, request);
  }

  /** The connection is gone: nothing is answered any more. */
  clear(): void {
    this.all = undefined;
  }

  /**
   * An answer came. @returns the request, which is none of these any more; `undefined` if there is no such request
   * @throws {ProtocolError} it does not fit the request
   */
  answered(answer: SubackPacket | UnsubackPacket): Request<R> | undefined {
    const { packetId, type, reasonCodes } = answer;
    const request = this.all?.get(packetId);
    if (!request) return undefined;
    const { packet, filters } = request;
    // UNSUBACK of MQTT 3.1.1 has no codes.
    const fits = reasonCodes === undefined || reasonCodes.length === filters.length;
    if (type !== ANSWER[packet.type] || !fits) throw unexpectedAnswer(request, answer);
    this.all!.delete(packetId);
    return request;
  }
}

const ANSWER = { subscribe: 'suback', unsubscribe: 'unsuback' } as const;

function unexpectedAnswer<R>({ packet, filters }: Request<R>, answer: SubackPacket | UnsubackPacket): ProtocolError {
  const expected = shown(ANSWER[packet.type], filters.length);
  return new ProtocolError(
    `expected ${expected} for packet identifier ${packet.packetId}, got ${shown(answer.type, answer.reasonCodes?.length)}`,
    packet.type === 'subscribe' ? 'MQTT-3.8.4-5' : 'MQTT-3.10.4-4',
  );
}

function shown(type: string, codes: number | undefined): string {
  return `${type.toUpperCase()}${codes === undefined ? '' : ` for ${codes} filters`}`;
}
