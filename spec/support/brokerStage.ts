import { firstValueFrom, toArray } from 'rxjs';
import { type ClientOptions, type MqttClient, type ServerOption, backoff, createClient } from '../../lib/index.js';
import type { ProtocolVersion } from '../../lib/packet/Packet.js';
import type { Broker, BrokerOptions } from './Broker.js';
import { aedesBroker } from './aedesBroker.js';
import { EJABBERD, EJABBERD_USER, ejabberd } from './ejabberd.js';
import { type KitBrokerOptions, kitBroker } from './kitBroker.js';
import { type Mosquitto, type MosquittoOptions, mosquitto } from './mosquitto.js';
import { natsServer } from './natsServer.js';
import { type TcpProxy, tcpProxy } from './tcpProxy.js';

/** The brokers that specs run against, each with the version of MQTT that clients speak to it. */
export const BROKERS = [
  { kind: 'aedes', version: 4, name: 'aedes' },
  { kind: 'Mosquitto', version: 4, name: 'Mosquitto' },
  { kind: 'Mosquitto', version: 5, name: 'Mosquitto under MQTT 5' },
  { kind: 'kit', version: 4, name: 'the test broker' },
  { kind: 'kit', version: 5, name: 'the test broker under MQTT 5' },
] as const;

/** Those whose limits can be set. */
export const LIMITED = [
  { kind: 'Mosquitto', name: 'Mosquitto' },
  { kind: 'kit', name: 'the test broker' },
] as const;

/** The same, and ejabberd, which takes longer to start. */
export const BROKERS_AND_EJABBERD = [
  ...BROKERS.map((broker) => ({ ...broker, needs: [], user: undefined })),
  { kind: 'ejabberd', version: 5, name: 'ejabberd under MQTT 5', needs: EJABBERD, user: EJABBERD_USER },
] as const;

/** The same where the version makes no difference: each broker once. */
export const BROKERS_OF_311 = BROKERS.filter(({ version }) => version === 4);

const START = { aedes: aedesBroker, Mosquitto: mosquitto, ejabberd, kit: kitBroker };

/** A user name and a password. */
export type BrokerUser = Required<Pick<ClientOptions, 'username' | 'password'>>;

/** Sets up what one spec needs: real brokers, proxies and clients. */
export interface BrokerStage {
  broker(kind: keyof typeof START, options?: BrokerOptions): Promise<Broker>;
  limited(kind: (typeof LIMITED)[number]['kind'], options?: KitBrokerOptions): Promise<Broker>;
  mosquitto(options?: MosquittoOptions): Promise<Mosquitto>;
  nats(): Promise<Broker>;
  proxy(target: Broker): Promise<TcpProxy>;
  /** A client that tries again soon, and speaks the version of the stage. */
  client(server: ServerOption, options?: Omit<ClientOptions, 'server'>): MqttClient;
}

/**
 * Makes a stage for the specs of the enclosing `describe`. After each, clients, proxies and brokers are taken down; after
 * a failed one, what the brokers said is shown.
 *
 * @param protocolVersion what its clients speak, unless they are told otherwise
 * @param user who its clients are, if the broker asks
 */
export function brokerStage(protocolVersion: ProtocolVersion = 4, user?: BrokerUser): BrokerStage {
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
    broker: (kind, options) => put<Broker>(brokers, START[kind](options)),
    limited: (kind, options) => put<Broker>(brokers, START[kind](options)),
    mosquitto: async (options) => (await put<Broker>(brokers, mosquitto(options))) as Mosquitto,
    nats: () => put(brokers, natsServer()),
    proxy: (target) => put(proxies, tcpProxy(target)),
    client(server, options) {
      const retryWhen = backoff({ min: 20, max: 200, jitter: 0 });
      const client = createClient(server, { protocolVersion, retryWhen, ...user, ...options });
      clients.push(client);
      return client;
    },
  };
}
