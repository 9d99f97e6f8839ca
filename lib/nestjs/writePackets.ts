import type { WritePacket } from '@nestjs/microservices';
import { Observable, type OperatorFunction, type Subscription, asapScheduler } from 'rxjs';

/**
 * Makes the answers of a handler packets of Nest's. The last one says that it is; a packet of its own says so only if the
 * end comes later than the turn of the last answer. An error is the last packet.
 */
export function writePackets(): OperatorFunction<unknown, WritePacket> {
  return (answers$) =>
    new Observable((observer) => {
      let held: WritePacket | undefined;
      let turn: Subscription | undefined;
      const release = () => {
        turn?.unsubscribe();
        const packet = held;
        held = undefined;
        if (packet) observer.next(packet);
      };
      const last = (packet: WritePacket) => {
        observer.next({ ...packet, isDisposed: true });
        observer.complete();
      };
      observer.add(() => turn?.unsubscribe());
      observer.add(
        answers$.subscribe({
          next(response) {
            release();
            held = { response };
            turn = asapScheduler.schedule(release);
          },
          error(err) {
            release();
            last({ err: err as unknown });
          },
          complete() {
            turn?.unsubscribe();
            last(held ?? {});
          },
        }),
      );
    });
}
