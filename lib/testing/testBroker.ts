import { Observable, Subject, switchMap, throwError } from 'rxjs';
import { encode } from '../codec.js';
import {
  ConnectionFailedError,
  type Duplex,
  InvalidOptionsError,
  type ProtocolError,
  type Transport,
  matches,
} from '../everywhere.js';
import { memory } from '../transport/memory.js';
import type { TestBroker } from './broker/TestBroker.js';
import type { TestBrokerOptions } from './broker/TestBrokerOptions.js';
import { BrokerState } from './broker/BrokerState.js';
import { messageOf } from './broker/BrokerMessage.js';
import { Faults } from './broker/Faults.js';
import type { PublishedMessage } from './broker/PublishedMessage.js';
import { ServerConnection, type Surroundings } from './broker/ServerConnection.js';
import { limits } from './broker/accept.js';
import { react } from './broker/react.js';
import { whatIsOpen } from './broker/whatIsOpen.js';

/** Microtasks without a packet after which nothing is on its way. */
const QUIET = 100;
const resolved = /* @__PURE__ */ Promise.resolve();

/**
 * Makes a broker in memory, for tests: MQTT 3.1.1 and MQTT 5, with faults, strict about what clients do.
 *
 * @throws {InvalidOptionsError} a limit that CONNACK could not say
 * @example
 * const broker = testBroker();
 * const client = createClient(broker);
 * client.topic$('house/+/temp').subscribe(show);
 * await broker.settled();
 * broker.publish('house/attic/temp', '21');
 */
export function testBroker(options: TestBrokerOptions = {}): TestBroker {
  const faults = new Faults();
  const published$ = new Subject<PublishedMessage>();
  const state = new BrokerState(options.retainAvailable !== false, (message) => published$.next(message));
  const connections = new Set<ServerConnection>();
  const violations: ProtocolError[] = [];
  let moves = 0;
  const around: Surroundings = {
    options: { topicAliasMaximum: 10, ...options },
    state,
    faults,
    react,
    violated(error) {
      if (options.onViolation) return options.onViolation(error);
      violations.push(error);
      throwError(() => error).subscribe(); // RxJS reports it as what nobody handles
    },
    moved: () => moves++,
    gone: (connection) => connections.delete(connection),
  };
  checkLimits(around);

  const dial$ = memory((peer) => connections.add(new ServerConnection(peer, around)), options);
  const transport: Transport = new Observable<Duplex>((subscriber) => {
    const refused$ = throwError(() => new ConnectionFailedError('the test broker is unreachable'));
    const answer$ = faults.dialAnswered().pipe(switchMap(() => (faults.isUnreachable ? refused$ : dial$)));
    return answer$.subscribe(subscriber);
  });
  const those = (clientId?: string) =>
    [...connections].filter(({ session }) => clientId === undefined || session?.clientId === clientId);
  /** What a client did wrong comes up at the next chance as well: what RxJS reports may be lost among fake timers. */
  const check = () => {
    for (const error of violations) throw error;
  };
  const among = <T extends { readonly topic: string }>(all: readonly T[], filter: string | undefined) => {
    check();
    return all.filter(({ topic }) => filter === undefined || matches(filter, topic));
  };

  const broker: Omit<TestBroker, keyof Transport> = {
    publish(topic, payload = '', { qos = 0, retain = false, properties } = {}) {
      check();
      const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
      const message = { topic, payload: bytes, qos, retain, properties };
      encode({ ...message, type: 'publish', dup: false, packetId: qos > 0 ? 1 : 0 }, { protocolVersion: 5 }); // or throws
      state.route(messageOf(message, undefined));
    },
    published: (filter) => among(state.log, filter),
    acknowledged: (filter) => among(state.acknowledgements, filter),
    published$: published$.asObservable(),
    get clients() {
      return those().flatMap(({ session, connect }) => (session ? [connect] : []));
    },
    get subscriptions() {
      return state.sessions().flatMap(({ clientId, subscriptions }) =>
        // eslint-disable-next-line @typescript-eslint/no-unused-vars
        [...subscriptions.values()].map(({ inner, group, ...rest }) => ({ clientId, ...rest })),
      );
    },
    drop: (clientId) => those(clientId).forEach((connection) => connection.drop()),
    halfOpen: (clientId) => those(clientId).forEach((connection) => connection.becomeHalfOpen()),
    hangUp: (clientId) => those(clientId).forEach((connection) => connection.hangUp()),
    disconnect: (reasonCode, clientId) => those(clientId).forEach((connection) => connection.close(reasonCode)),
    malformed: (bytes, clientId) => those(clientId).forEach(({ sender }) => sender.sendBytes(bytes)),
    restart({ keepSessions = false } = {}) {
      for (const connection of those()) connection.kill();
      state.restart(keepSessions);
    },
    unreachable() {
      const wall = faults.wall();
      broker.drop();
      return wall;
    },
    hang: () => faults.hang(),
    refuse: (filter, reasonCode = 0x87) => faults.refuse(filter, reasonCode),
    refuseConnect: (reasonCode, times = Infinity) => faults.refuseConnect(reasonCode, times),
    hold: (...types) => faults.hold(types),
    release: (...types) => faults.release(types),
    delay: (milliseconds) => faults.delay(milliseconds),
    async settled() {
      for (let quiet = 0, seen = -1; quiet < QUIET; quiet++) {
        if (seen !== moves) quiet = 0;
        seen = moves;
        await resolved;
      }
    },
    verify() {
      const open = [...violations.map(({ message }) => message), ...whatIsOpen(state, connections)];
      if (open.length > 0) throw new Error(`the test broker is not content:\n- ${open.join('\n- ')}`);
    },
  };
  return Object.defineProperties(transport as TestBroker, Object.getOwnPropertyDescriptors(broker));
}

/** Whether CONNACK can say them, its encoder knows. */
function checkLimits(around: Surroundings): void {
  const properties = limits({ around, connect: { type: 'connect', clientId: '', cleanStart: true, keepAlive: 0 } });
  try {
    encode({ type: 'connack', sessionPresent: false, reasonCode: 0, properties }, { protocolVersion: 5 });
  } catch (cause) {
    throw new InvalidOptionsError('limits of the test broker', (cause as Error).message);
  }
}
