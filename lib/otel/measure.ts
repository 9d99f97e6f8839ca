import type { Attributes, BatchObservableCallback, Counter, Meter } from '@opentelemetry/api';
import { asapScheduler } from 'rxjs';
import type { ByQoS, ClientEvent, ClientState, Counts, Metrics, MqttClient } from '../everywhere.js';
import type { Telemetry } from './Telemetry.js';
import { DIRECTION, ERROR_TYPE, OPERATION_NAME, QOS } from './names.js';

type Measured = Pick<MqttClient, 'events$' | 'metrics$' | 'state$' | 'toJSON'>;

const STATUSES: readonly ClientState['status'][] = [
  'idle',
  'connecting',
  'online',
  'waiting',
  'closing',
  'suspended',
  'closed',
];

/**
 * Measures a client until it is ended. It holds no connection.
 *
 * @param period milliseconds between two looks at the counters
 */
export function measure(client: Measured, telemetry: Telemetry, period: number): void {
  const { meter } = telemetry;
  const count = counting(meter, telemetry);
  const happened = happenings(meter, telemetry);
  let last: Metrics | undefined;
  client.metrics$(period).subscribe((metrics) => {
    last = metrics;
    count(metrics.period);
  });
  client.events$.subscribe(happened);
  const observed = observe(meter, () => {
    const { state, queued, inFlight } = client.toJSON();
    return { attributes: telemetry.own, state, queued, inFlight, inHand: last?.inHand ?? 0 };
  });
  client.state$.subscribe({ complete: observed.end });
}

/** The levels of a client at one moment. */
interface Levels {
  readonly attributes: Attributes;
  readonly state: ClientState['status'];
  readonly queued: number;
  readonly inFlight: number;
  readonly inHand: number;
}

const NOTHING = { state: undefined, queued: 0, inFlight: 0, inHand: 0 };

/** Makes counters. */
function counters(meter: Meter): (name: string, unit: string, description: string) => Counter {
  return (name, unit, description) => meter.createCounter(name, { unit, description });
}

/** Counts messages, bytes and packets: each look at the client's counters adds what has come since the last look. */
function counting(meter: Meter, telemetry: Telemetry): (counts: Counts) => void {
  const counter = counters(meter);
  const sent = counter('messaging.client.sent.messages', '{message}', 'PUBLISH packets written, repeated ones as well');
  const consumed = counter('messaging.client.consumed.messages', '{message}', 'PUBLISH packets that came');
  const io = counter('mqtt.client.io', 'By', 'Bytes of all packets');
  const packets = counter('mqtt.client.packets', '{packet}', 'Packets of all types');
  return (counts) => {
    const { common, own } = telemetry;
    const byQoS = (which: Counter, name: string, messages: Readonly<ByQoS>) => {
      for (const qos of [0, 1, 2] as const) {
        if (messages[qos] > 0) which.add(messages[qos], { ...common, [OPERATION_NAME]: name, [QOS]: qos });
      }
    };
    byQoS(sent, 'send', counts.messagesOut);
    byQoS(consumed, 'process', counts.messagesIn);
    for (const [direction, bytes, number] of [
      ['transmit', counts.bytesOut, counts.packetsOut],
      ['receive', counts.bytesIn, counts.packetsIn],
    ] as const) {
      io.add(bytes, { ...own, [DIRECTION]: direction });
      packets.add(number, { ...own, [DIRECTION]: direction });
    }
  };
}

/** Counts events of connections and messages. */
function happenings(meter: Meter, telemetry: Telemetry): (event: ClientEvent) => void {
  const counter = counters(meter);
  const connections = counter('mqtt.client.connections', '{connection}', 'Connections that the broker accepted');
  const losses = counter('mqtt.client.connection.losses', '{connection}', 'Connections that were up, and lost');
  const retries = counter('mqtt.client.connection.retries', '{attempt}', 'Attempts to connect that follow a failure');
  const dropped = counter('mqtt.client.dropped.messages', '{message}', 'Messages that were not sent or not delivered');
  const note = (which: Counter, details: Attributes = {}) => which.add(1, { ...telemetry.own, ...details });
  return (event) => {
    if (event.type === 'connected') note(connections);
    else if (event.type === 'disconnected' && event.cause) note(losses, { [ERROR_TYPE]: event.cause.code });
    else if (event.type === 'retry') note(retries, { [ERROR_TYPE]: event.cause.code });
    else if (event.type === 'message-dropped') note(dropped, { 'mqtt.client.drop.reason': event.reason });
    else if (event.type === 'undecodable') note(dropped, { 'mqtt.client.drop.reason': 'undecodable' });
    else if (event.type === 'ping') telemetry.durations.ping.record(event.roundTrip / 1_000, telemetry.own);
  };
}

/**
 * Reports the levels when metrics are exported, and does nothing in between. After the end it reports once more, because
 * exporters repeat the last value that they got; then it lets go of the client.
 */
function observe(meter: Meter, look: () => Levels): { readonly end: () => void } {
  const gauge = (name: string, unit: string, description: string) =>
    meter.createObservableUpDownCounter(name, { unit, description });
  const state = gauge('mqtt.client.connection.state', '{client}', '1 for the present state, 0 for the others');
  const queued = gauge('mqtt.client.queued.messages', '{message}', 'Messages that wait to be written');
  const inFlight = gauge('mqtt.client.in_flight.messages', '{message}', 'QoS 1 and 2 messages without acknowledgement');
  const inHand = gauge('mqtt.client.in_hand.messages', '{message}', 'Messages that the application works on');
  const gauges = [state, queued, inFlight, inHand];
  let present = look;
  let isOver = false;
  // Server and identifier may become known or change later: the levels under the old attributes are 0 from then on.
  const told = new Map<string, Attributes>();
  const tell: BatchObservableCallback = (result) => {
    const levels = present();
    told.set(JSON.stringify(levels.attributes), levels.attributes);
    for (const attributes of told.values()) {
      const its = attributes === levels.attributes ? levels : NOTHING;
      for (const status of STATUSES) {
        result.observe(state, status === its.state ? 1 : 0, { ...attributes, 'mqtt.client.state': status });
      }
      result.observe(queued, its.queued, attributes);
      result.observe(inFlight, its.inFlight, attributes);
      result.observe(inHand, its.inHand, attributes);
    }
    // Not at once: the SDK walks through the callbacks, and would miss the next one, of another client.
    if (isOver) asapScheduler.schedule(() => meter.removeBatchObservableCallback(tell, gauges));
  };
  meter.addBatchObservableCallback(tell, gauges);
  return {
    end: () => {
      const lastly = { ...look(), inHand: 0 };
      present = () => lastly;
      isOver = true;
    },
  };
}
