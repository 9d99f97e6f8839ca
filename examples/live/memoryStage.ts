import { Observable, Subject, Subscription } from 'rxjs';
import { ConnectionLostError, type Duplex, type Transport } from '../../lib/index.browser.js';
import { testBroker } from '../../lib/testing.js';
import { Network } from './Network.js';
import type { Stage } from './Stage.js';

/** The stage without any server: a broker in the page's memory, and the same bad network in front of it. */
export function memoryStage(): Stage {
  const broker = testBroker({ synchronous: false });
  const network = new Network();
  let wall: Subscription | undefined;
  return {
    place: 'to a broker in its own memory: nothing leaves your browser',
    page: 'here',
    protocolVersion: 4,
    server: () => through(network, broker),
    conditions$: network.conditions$,
    act(deed) {
      network.act(deed);
      if (deed === 'kill') {
        wall ??= broker.unreachable();
        broker.restart(); // with all that it knew
      }
      if (deed === 'start') {
        wall?.unsubscribe();
        wall = undefined;
      }
      return Promise.resolve();
    },
  };
}

/** A transport whose connections go through a network. */
function through(network: Network, broker: Transport): Transport {
  return new Observable<Duplex>((client) => {
    const dialling = new Subscription();
    let hangUp = () => dialling.unsubscribe();
    dialling.add(
      broker.subscribe({
        next: (far) => {
          const bytes$ = new Subject<Uint8Array>();
          const passage = network.open(() => {
            bytes$.error(new ConnectionLostError('the connection was cut'));
            dialling.unsubscribe();
          });
          hangUp = () => passage.leave(() => dialling.unsubscribe());
          dialling.add(
            far.bytes$.subscribe({
              next: (bytes) => passage.down.pass(() => bytes$.next(bytes)),
              error: (error: unknown) => passage.down.pass(() => bytes$.error(error)),
              complete: () => passage.down.pass(() => bytes$.complete()),
            }),
          );
          client.next({
            bytes$,
            write: (bytes) => passage.up.pass(() => far.write(bytes)),
            buffered: 0,
            pause: () => far.pause?.(),
            resume: () => far.resume?.(),
          });
        },
        error: (error: unknown) => client.error(error),
      }),
    );
    return () => hangUp();
  });
}
