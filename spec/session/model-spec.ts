import fc from 'fast-check';
import type { QoS } from '../../lib/packet/Packet.js';
import { LIMITS_OF_311, type ServerLimits } from '../../lib/session/ServerLimits.js';
import type { Answer, Claims } from './ModelInbox.js';
import { ModelRun, type Step } from './ModelRun.js';

/** How many random runs; set `MODEL_RUNS` for more, and `MODEL_SEED` for the same again. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 500);
const SEED = process.env['MODEL_SEED'];

const qos = fc.constantFrom<QoS>(0, 1, 2);
const topic = fc.constantFrom('a', 'b', 'c/d', 'bad');
const filter = fc.constantFrom('a', 'b', '+', 'c/#', '$share/g/a', 'bad/#');
const filters = fc.array(filter, { minLength: 1, maxLength: 3 });
const message = { topic, qos, retain: fc.integer({ min: 0, max: 7 }).map((n) => n === 0) };
const at = fc.nat(50);
const count = fc.integer({ min: 1, max: 6 });
const most = fc.constantFrom<QoS | 0x80>(0, 1, 2, 0x80);

const answer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ how: fc.constant('acknowledge' as const), reason: fc.constantFrom(0, 0, 0, 0x10, 0x83, 0x97) }) }, // prettier-ignore
  { weight: 2, arbitrary: fc.constant<Answer>({ how: 'abandon' }) },
);
/** In most runs the listeners acknowledge by themselves, so that the rest goes on. */
const claims: fc.Arbitrary<readonly Claims[]> = fc.oneof(
  { weight: 1, arbitrary: fc.constant([0 as const]) },
  { weight: 2, arbitrary: fc.array(fc.constantFrom<Claims>(0, 0, 1, 1, 1, 2, 'refuses', 'leaves'), { minLength: 1, maxLength: 8 }) }, // prettier-ignore
);

function a<T extends object>(weight: number, type: Step['type'], model: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return { weight, arbitrary: fc.record({ type: fc.constant(type), ...model }) as fc.Arbitrary<unknown> as fc.Arbitrary<Step> }; // prettier-ignore
}

/** What a server takes, mostly of MQTT 5: all that it can, or less. A message of the model has 8 to 16 bytes. */
const limits: fc.Arbitrary<ServerLimits | undefined> = fc.option(
  fc
    .record({
      receiveMaximum: fc.constantFrom(1, 2, 3, 65_535, 65_535),
      maximumQoS: fc.constantFrom<QoS>(0, 1, 2, 2, 2, 2),
      retainAvailable: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
      // A SUBSCRIBE of one filter fits in any of these.
      maximumPacketSize: fc.constantFrom(18, 20, 22, 268_435_460, 268_435_460, 268_435_460, 268_435_460),
    })
    .map((rest) => ({ ...LIMITS_OF_311, ...rest, protocolVersion: 5 as const })),
  { nil: undefined, freq: 2 },
);

const step = fc.oneof(
  a(20, 'publish', {
    ...message,
    properties: fc.integer({ min: 0, max: 9 }).map((n) => (n === 0 ? { contentType: 't' } : undefined)),
  }),
  a(10, 'arrive', message),
  a(20, 'toBroker', { count }),
  a(20, 'toClient', { count }),
  a(12, 'turn', {}),
  a(12, 'up', {
    sessionPresent: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
    redeliversAsDup: fc.boolean(),
    limits,
  }),
  a(2, 'flood', {}),
  a(2, 'stray', { of: fc.constantFrom('pubrec' as const, 'pubrel' as const) }),
  a(5, 'down', {}),
  a(2, 'close', {}),
  a(3, 'crash', { after: fc.nat(4), arrives: fc.boolean() }),
  a(6, 'listen', { filter, qos }),
  a(6, 'leave', { at }),
  a(4, 'subscribe', { filters, qos }),
  a(4, 'unsubscribe', { filters }),
  a(3, 'withdraw', { at }),
  a(16, 'answer', { at, answer }),
  a(2, 'grant', { filter, most }),
  a(12, 'flush', { count, unsent: fc.constantFrom(0, 0, 0, 0, 10_000_000, 17_000_000) }),
  a(3, 'reminded', {}),
  a(1, 'give-up', {}),
  a(3, 'wind', {}),
);

const arbitrarySteps = fc.array(step, { maxLength: 150, size: 'max' });

/** A session that receives, and whose broker mostly remembers it. */
const receivingStep = fc.oneof(
  a(16, 'arrive', { ...message, qos: fc.constantFrom<QoS>(0, 1, 2, 2) }),
  a(14, 'toBroker', { count }),
  a(20, 'toClient', { count }),
  a(14, 'flush', { count, unsent: fc.constant(0) }),
  a(24, 'answer', { at, answer }),
  a(6, 'turn', {}),
  a(6, 'down', {}),
  a(12, 'up', {
    sessionPresent: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    redeliversAsDup: fc.boolean(),
    limits,
  }),
  a(2, 'flood', {}),
  a(2, 'crash', { after: fc.nat(4), arrives: fc.boolean() }),
);
const SUBSCRIBED: readonly Step[] = [
  { type: 'up', sessionPresent: false, redeliversAsDup: true },
  { type: 'subscribe', filters: ['+'], qos: 2 },
  { type: 'turn' },
  { type: 'flush', count: 1, unsent: 0 },
  { type: 'toBroker', count: 1 },
  { type: 'toClient', count: 1 },
];

const options = fc.record({
  maxInflight: fc.constantFrom(1, 2, 3, 65_535),
  receiveMaximum: fc.constantFrom(1, 2, 3, 5, 65_535),
  claims,
  reasons: fc.array(fc.constantFrom(0, 0, 0, 0x10, 0x87), { minLength: 1, maxLength: 6 }),
  queue: fc.record({
    size: fc.constantFrom(0, 1, 3, 100),
    bytes: fc.constant(Infinity),
    overflow: fc.constantFrom('error' as const, 'drop-oldest' as const, 'drop-newest' as const),
  }),
  onSessionLost: fc.constantFrom('error' as const, 'error' as const, 'republish' as const),
  subscribeBatch: fc.constantFrom(1, 2, Infinity),
  giveUpAfter: fc.constantFrom(2, 3, 5),
  stableAfter: fc.constant(10_000),
  hangsUp: fc.boolean(),
  grants: fc.dictionary(filter, most, { maxKeys: 3, noNullPrototype: true }),
});

describe('Session and a model broker', () => {
  it(`should keep every promise of delivery, order and subscription, cut wherever the link may be, in ${RUNS} random runs [MQTT-4.3.2-1] [MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.4.0-1] [MQTT-4.6.0-2] [MQTT-4.6.0-3] [MQTT-4.6.0-4] [MQTT5-3.3.4-7] [MQTT5-3.3.4-9]`, function () {
    this.timeout(0);
    fc.assert(
      fc.property(options, arbitrarySteps, fc.boolean(), limits, limits, (options, steps, present, first, last) => {
        const run = new ModelRun(options);
        run.play({ type: 'up', sessionPresent: false, redeliversAsDup: true, limits: first });
        for (const step of steps) run.play(step);
        if (!options.hangsUp) run.endureBadNetwork(12);
        run.finish(present, last);
      }),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
  });

  it(`should acknowledge what listeners hold in the order in which it came, never before they have answered, and leave nothing over, in ${RUNS} random runs [MQTT-4.3.3-2] [MQTT-4.6.0-2] [MQTT-4.6.0-3] [MQTT5-3.3.4-9]`, function () {
    this.timeout(0);
    const steps = fc.array(receivingStep, { maxLength: 100, size: 'max' });
    fc.assert(
      fc.property(options, steps, fc.boolean(), limits, (options, steps, present, last) => {
        const run = new ModelRun({ ...options, hangsUp: false, grants: {} });
        for (const step of [...SUBSCRIBED, ...steps]) run.play(step);
        run.finish(present, last);
      }),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
  });
});
