import type { Serializer } from '@nestjs/microservices';
import { type Observable, from, map, of } from 'rxjs';

/**
 * The payload of a packet of Nest's: at once, if the serializer does not promise it, so that packets keep their order. Cold.
 *
 * @param serializer default: JSON, as Nest's own MQTT transport has it
 */
export function serialized(packet: object, serializer?: Serializer): Observable<string | Uint8Array> {
  if (!serializer) return of(JSON.stringify(packet));
  const made = serializer.serialize(packet) as unknown;
  return (made instanceof Promise ? from(made as Promise<unknown>) : of(made)).pipe(map(bytesOf));
}

function bytesOf(made: unknown): string | Uint8Array {
  return typeof made === 'string' || made instanceof Uint8Array ? made : JSON.stringify(made);
}
