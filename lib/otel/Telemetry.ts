import {
  type Attributes,
  type Meter,
  type MeterProvider,
  ProxyTracer,
  type Tracer,
  type TracerProvider,
  createNoopMeter,
  diag,
  metrics,
  trace,
} from '@opentelemetry/api';
import type { ClientSummary, MqttClient } from '../everywhere.js';
import { type Durations, durationsOf } from './durations.js';
import { CLIENT_ID, SCOPE, SERVER_ADDRESS, SERVER_PORT, SYSTEM } from './names.js';

/** The response topics of `request` begin with it, unless the broker says otherwise. Each client has its own. */
const ANSWERS = 'tortoise-rx/response/';

/** The tracer and the instruments of a client, and the attributes that all its spans and metrics have. */
export class Telemetry {
  readonly meter: Meter;
  readonly durations: Durations;
  /** The tracer, once it is one that traces. */
  private found: Tracer | undefined;
  private label: string | undefined;
  private address: Attributes = {};

  /**
   * @param template a name with few values for a topic name or filter, if the application knows one
   */
  constructor(
    private readonly client: Pick<MqttClient, 'toJSON'>,
    private readonly tracerProvider: TracerProvider | undefined,
    meterProvider: MeterProvider | undefined,
    private readonly template: (topic: string) => string | undefined,
  ) {
    this.meter = (meterProvider ?? metrics.getMeterProvider()).getMeter(SCOPE);
    this.durations = durationsOf(this.meter);
  }

  /** Makes spans. Before an SDK is registered they record nothing. */
  get tracer(): Tracer {
    if (this.found) return this.found;
    const tracer = (this.tracerProvider ?? trace.getTracerProvider()).getTracer(SCOPE);
    if (!(tracer instanceof ProxyTracer)) this.found = tracer; // a proxy is handed out until there is an SDK
    return tracer;
  }

  /** Whether anybody measures. The API has no meter that begins later, when there is an SDK. */
  get isMeasured(): boolean {
    return this.meter !== createNoopMeter();
  }

  /** Whether spans or metrics are recorded: otherwise nothing is done at all. */
  get isOn(): boolean {
    return this.isMeasured || !(this.tracer instanceof ProxyTracer);
  }

  /** The attributes that all spans and metrics have. */
  get common(): Attributes {
    return { [SYSTEM]: 'mqtt', ...this.addressOf(this.client.toJSON()) };
  }

  /** The same, and the client identifier. */
  get own(): Attributes {
    const summary = this.client.toJSON();
    const { clientId } = summary; // empty before the broker has assigned one
    return { [SYSTEM]: 'mqtt', ...(clientId && { [CLIENT_ID]: clientId }), ...this.addressOf(summary) };
  }

  /** A name with few values for a topic name or filter, if there is one. */
  templateOf(topic: string): string | undefined {
    return this.given(topic) ?? (topic.startsWith(ANSWERS) ? `${ANSWERS}{client}` : undefined);
  }

  /** The application's name. An error of its function costs no message: it goes to the diagnostics of the API. */
  private given(topic: string): string | undefined {
    try {
      return this.template(topic);
    } catch (error) {
      diag.error(`tortoise-rx: option template failed for ${topic}`, error);
      return undefined;
    }
  }

  private addressOf({ server }: ClientSummary): Attributes {
    if (server !== this.label) {
      this.label = server;
      this.address = server === undefined ? {} : addressIn(server);
    }
    return this.address;
  }
}

/** Host and port of a URL, as the conventions have them. A transport of the application's own has none. */
function addressIn(server: string): Attributes {
  if (!URL.canParse(server)) return {};
  const { hostname, port, pathname } = new URL(server);
  const address = hostname === '' ? pathname : hostname.replace(/^\[|\]$/g, '');
  return port === '' ? { [SERVER_ADDRESS]: address } : { [SERVER_ADDRESS]: address, [SERVER_PORT]: Number(port) };
}
