import { Observable, interval } from 'rxjs';
import type { MqttClient } from '../../index.js';
import type { Plan } from './Plan.js';

/** Milliseconds without a message after which those under way are lost. */
const STALL = 3_000;
/** Bytes of the number that a payload begins with. */
const HEADER = 4;

/** How far it is. */
export interface Flow {
  readonly received: number;
  readonly lost: number;
  /** Milliseconds from the first publish to the last message. */
  readonly elapsed: number;
}

/**
 * Publishes messages, so many under way at a time, and counts what comes back. Cold; emits after each that came, and
 * completes when all have come, or do not come any more. Errs when the broker refuses.
 *
 * @param publisher subscribed to nothing
 * @param subscriber with a connection; it is subscribed to the topic already
 */
export function throughput(publisher: MqttClient, subscriber: MqttClient, plan: Plan): Observable<Flow> {
  const { topic, qos, messages, size, window } = plan;
  return new Observable((observer) => {
    const payload = Buffer.alloc(Math.max(HEADER, size));
    const started = performance.now();
    let sent = 0;
    let received = 0;
    let lost = 0;
    let latest = started;
    let receivedBefore = 0;
    const isSeen = new Uint8Array(messages); // at QoS 1 one may come twice

    const flow = () => observer.next({ received, lost, elapsed: latest - started });
    const pump = () => {
      while (sent < messages && sent - received - lost < window) {
        const bytes = Buffer.from(payload);
        bytes.writeUInt32BE(sent++);
        observer.add(
          publisher.publish(topic, bytes, { qos }).subscribe({ error: (error: unknown) => observer.error(error) }),
        );
      }
      if (received + lost >= messages) observer.complete();
    };
    // One timer for all: one for each message would be measured along.
    observer.add(
      interval(STALL).subscribe(() => {
        if (received === receivedBefore) {
          lost = sent - received;
          flow();
          pump();
        }
        receivedBefore = received;
      }),
    );
    observer.add(
      subscriber.topic$(topic, { qos }).subscribe({
        next: ({ payload: came }) => {
          if (came.length < HEADER) return; // somebody else's
          const number = Buffer.from(came.buffer, came.byteOffset, came.byteLength).readUInt32BE();
          if (number >= messages || isSeen[number] === 1) return;
          isSeen[number] = 1;
          received++;
          if (lost > 0) lost--; // it was late
          latest = performance.now();
          flow();
          pump();
        },
        error: (error: unknown) => observer.error(error),
      }),
    );
    pump();
  });
}
