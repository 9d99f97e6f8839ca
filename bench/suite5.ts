import { numbered } from './routing.js';
import { type Workload, publish, publishUnasked, receiveAs } from './workloads.js';

const FIVE = { version: 5 } as const;
const WITH_PROPERTIES = { ...FIVE, userProperties: Object.fromEntries([0, 1, 2, 3, 4].map((n) => [`key${n}`, `value${n}`])) }; // prettier-ignore
const WITH_ALIASES = { ...FIVE, aliases: true } as const;
const TAKEN = { aliasesTaken: 64 };

const publish0: Workload['run'] = (context) => publishUnasked(context, FIVE);
const publish1 = publish(1, 100, 64, FIVE);
const receive5 = (qos: 0 | 1 | 2, batch: number) => receiveAs({ qos }, batch, undefined, FIVE);

/** A workload of MQTT 5 for us and MQTT.js. */
const row = (name: string, title: string, run: Workload['run'], target?: number): Workload => ({
  name: `v5-${name}`,
  title: `MQTT 5: ${title}`,
  clients: ['tortoise-rx', 'mqttjs'],
  run,
  ...(target !== undefined && { target }),
});

/** What MQTT 5 costs us where it says no more than 3.1.1. @param against the same with 3.1.1 */
const growth = (against: string, title: string, run: Workload['run']): Workload => ({
  name: `v5-against-${against}`,
  title: `${title}, MQTT 5 against 3.1.1: times as much`,
  limit: 1.25,
  clients: ['tortoise-rx'],
  against,
  run,
});

/** What is measured with MQTT 5. */
export const workloads5: readonly Workload[] = [
  row('pub0', 'publish QoS 0', publish0),
  row('pub1-100', 'publish QoS 1, 100 in flight', publish1, 1 / 10),
  row('pub2-1000', 'publish QoS 2, 1,000 in flight', publish(2, 1_000, 64, FIVE)),
  row('pub0-user', 'publish QoS 0, 5 user properties', (context) => publishUnasked(context, WITH_PROPERTIES)),
  row('pub1-100-user', 'publish QoS 1, 5 user properties, 100 in flight', publish(1, 100, 64, WITH_PROPERTIES)),
  row('pub0-alias', 'publish QoS 0, topic alias', (context) => publishUnasked(context, WITH_ALIASES, TAKEN)),
  row('pub1-100-alias', 'publish QoS 1, topic alias, 100 in flight', publish(1, 100, 64, WITH_ALIASES, TAKEN)),
  row('sub0', 'receive QoS 0', receive5(0, 100_000), 1 / 6),
  row('sub1', 'receive QoS 1', receive5(1, 50_000)),
  row('sub2', 'receive QoS 2', receive5(2, 20_000)),
  row(
    'sub0-user',
    'receive QoS 0, 5 user properties',
    receiveAs({ qos: 0, userProperties: 5 }, 50_000, undefined, FIVE),
  ),
  row(
    'sub0-alias',
    'receive QoS 0, 50 topic aliases',
    receiveAs({ qos: 0, topics: 50, aliases: true }, 100_000, undefined, WITH_ALIASES),
  ),
  row('sub0-1000', 'receive QoS 0, 1,000 filters with identifiers', (context) =>
    receiveAs(
      { qos: 0, topics: 1_000, prefix: 'sensor/', identifiers: true },
      100_000,
      numbered(1_000, (n) => `sensor/${n}`),
      { ...FIVE, identifiers: true },
    )(context),
  ),
  growth('pub0', 'publish QoS 0', publish0),
  growth('pub1-100', 'publish QoS 1, 100 in flight', publish1),
  growth('sub0', 'receive QoS 0', receive5(0, 100_000)),
  growth('sub1', 'receive QoS 1', receive5(1, 50_000)),
];
