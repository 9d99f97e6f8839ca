import { firstValueFrom, toArray } from 'rxjs';
import { type ClientOptions, type MqttClient, type ServerOption, backoff, createClient } from '../../lib/index.js';
import type { Broker, BrokerOptions } from './Broker.js';
import { aedesBroker } from './aedesBroker.js';
import { type Mosquitto, type MosquittoOptions, mosquitto } from './mosquitto.js';
import { natsServer } from './natsServer.js';
import { type TcpProxy, tcpProxy } from './tcpProxy.js';

/** The brokers that a spec can run against. */
export const BROKERS = ['aedes', 'Mosquitto'] as const;

/** Sets up what one spec needs: real brokers, proxies and clients. */
export interface BrokerStage {
  broker(kind: (typeof BROKERS)[number], options?: BrokerOptions): Promise<Broker>;
  mosquitto(options?: MosquittoOptions): Promise<Mosquitto>;
  nats(): Promise<Broker>;
  proxy(target: Broker): Promise<TcpProxy>;
  /** A client that tries again soon. */
  client(server: ServerOption, options?: Omit<ClientOptions, 'server'>): MqttClient;
}

/**
 * Makes a stage for the specs of the enclosing `describe`. After each, clients, proxies and brokers are taken down; after
 * a failed one, what the brokers said is shown.
 */
export function brokerStage(): BrokerStage {
  const clients: MqttClient[] = [];
  const proxies: TcpProxy[] = [];
  const brokers: Broker[] = [];
  const put = async <T>(list: T[], made: Promise<T>): Promise<T> => {
    const one = await made;
    list.push(one);
    return one;
  };

  afterEach(async function () {
    const said = brokers.map((broker) => broker.output);
    await Promise.all(clients.splice(0).map((client) => firstValueFrom(client.end({ force: true }).pipe(toArray()))));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
    await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
    if (this.currentTest?.state === 'failed') console.error(said.join('\n──────\n'));
  });

  return {
    broker: (kind, options) => put(brokers, kind === 'aedes' ? aedesBroker(options) : mosquitto(options)),
    mosquitto: async (options) => (await put<Broker>(brokers, mosquitto(options))) as Mosquitto,
    nats: () => put(brokers, natsServer()),
    proxy: (target) => put(proxies, tcpProxy(target)),
    client(server, options) {
      const client = createClient(server, { retryWhen: backoff({ min: 20, max: 200, jitter: 0 }), ...options });
      clients.push(client);
      return client;
    },
  };
}
