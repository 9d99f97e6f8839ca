import { execFile } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { QoS } from '../../lib/packet/Packet.js';
import type { Broker, BrokerOptions } from './Broker.js';
import { brokerProcess } from './brokerProcess.js';
import { freePort } from './freePort.js';

/** What a spec can ask of Mosquitto. */
export interface MosquittoOptions extends BrokerOptions {
  /** Whether sessions survive the process: from the last `save` on, or the last orderly end. */
  readonly persistence?: boolean;
  /** Whether it says what it does with each packet. */
  readonly verbose?: boolean;
  /** The largest packet that it takes, in bytes. It hangs up on a larger one. */
  readonly maxPacketSize?: number;
  /** The highest QoS that is granted. */
  readonly maxQoS?: QoS;
  /** How many QoS 1 and 2 messages of one session it has in flight, and takes of an MQTT 5 client. Default 65,535. */
  readonly maxInflight?: number;
  /** Whether it keeps retained messages. Default `true`. */
  readonly retainAvailable?: boolean;
  /** Its certificate and key, and the authority of its clients' if they must have one. It then speaks TLS alone. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
}

/** Mosquitto, in a process of its own. */
export interface Mosquitto extends Broker {
  /** A Unix socket at which it listens as well. */
  readonly path: string;
  /** Resolves when a copy of its state that was begun after this call is on disk. Needs `persistence`. */
  save(): Promise<void>;
  /** Resolves when it says this, from now on. */
  says(text: string): Promise<void>;
}

/** The name of the Unix socket. */
const SOCKET = 'mosquitto.sock';

const INSTALL = 'apt-get install mosquitto';

/** Debian keeps it outside the path of ordinary users. */
const COMMAND = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'].find(existsSync) ?? 'mosquitto';

/** Starts Mosquitto with a configuration and a directory of its own. Resolves when it accepts connections. */
export async function mosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const { host = '127.0.0.1' } = options;
  const port = options.port ?? (await freePort(host));
  const folder = await mkdtemp(join(tmpdir(), 'tortoise-rx-'));
  const cleanUp = () => rm(folder, { recursive: true, force: true });
  try {
    const config = await configuration(options, folder, `${port} ${host}`);
    await writeFile(join(folder, 'mosquitto.conf'), config.join('\n') + '\n');
  } catch (error) {
    await cleanUp();
    throw error;
  }

  const broker = await brokerProcess({
    host,
    port,
    webSocket: options.webSocket,
    command: COMMAND,
    args: ['-c', join(folder, 'mosquitto.conf')],
    ready: ' running\n',
    install: INSTALL,
    cleanUp,
  });
  return Object.assign(broker, {
    url: options.tls ? broker.url.replace('mqtt:', 'mqtts:') : broker.url,
    path: join(folder, SOCKET),
    async save() {
      // It says so before it writes; it is done when it has given the file its name.
      const watcher = watch(folder);
      await new Promise<void>((resolve) => {
        watcher.on('change', (_, name) => name === 'mosquitto.db' && resolve());
        broker.signal('SIGUSR1');
      });
      watcher.close();
    },
  });
}

async function configuration(options: MosquittoOptions, folder: string, listener: string): Promise<string[]> {
  const {
    users,
    denied,
    maxPacketSize,
    maxQoS,
    maxInflight = 65_535, // not 0, no limit: after a restart it would begin every exchange again
    retainAvailable = true,
    webSocket = false,
    persistence = false,
    verbose = false,
    tls,
  } = options;
  const config = [
    `user ${userInfo().username}`, // started by root it would change to a user who cannot read the folder
    'log_dest stderr',
    `max_inflight_messages ${maxInflight}`,
    'max_queued_messages 0',
    `retain_available ${retainAvailable}`,
    `allow_anonymous ${users === undefined}`,
    `persistence ${persistence}`,
    `persistence_location ${folder}/`,
    'autosave_interval 0', // only when told to: see `save`
  ];
  if (verbose) config.push('log_type all');
  if (maxPacketSize !== undefined) config.push(`max_packet_size ${maxPacketSize}`);
  if (users) {
    const file = join(folder, 'users');
    await writeFile(file, '');
    for (const [name, password] of Object.entries(users)) await addUser(file, name, password);
    config.push(`password_file ${file}`);
  }
  if (denied !== undefined) config.push(...(await denying(denied, folder)));
  // 2.0.11 does not start with WebSocket listeners alone.
  config.push(`listener 0 ${join(folder, SOCKET)}`, `listener ${listener}`);
  if (webSocket) config.push('protocol websockets');
  if (tls) config.push(...(await speakingTls(tls, folder)));
  if (maxQoS !== undefined) config.push(`max_qos ${maxQoS}`);
  return config;
}

async function addUser(file: string, name: string, password: string): Promise<void> {
  try {
    await promisify(execFile)('mosquitto_passwd', ['-b', file, name, password]);
  } catch (cause) {
    throw new Error(`mosquitto_passwd failed; if it is missing: ${INSTALL}`, { cause });
  }
}

async function speakingTls(
  { cert, key, clientCa }: NonNullable<MosquittoOptions['tls']>,
  folder: string,
): Promise<string[]> {
  const files = Object.entries({ certfile: cert, keyfile: key, cafile: clientCa }).filter(([, pem]) => pem);
  for (const [name, pem] of files) await writeFile(join(folder, name), pem!);
  return [...files.map(([name]) => `${name} ${join(folder, name)}`), `require_certificate ${clientCa !== undefined}`];
}

/** An `acl_file` says who may publish and read, but grants every SUBSCRIBE. Only a plugin refuses one with 0x80. */
async function denying(filter: string, folder: string): Promise<string[]> {
  const plugin = findPlugin();
  const security = {
    defaultACLAccess: { publishClientSend: true, publishClientReceive: true, subscribe: true, unsubscribe: true },
    roles: [{ rolename: 'all', acls: [{ acltype: 'subscribePattern', topic: filter, priority: 1, allow: false }] }],
    groups: [{ groupname: 'all', roles: [{ rolename: 'all' }] }],
    anonymousGroup: 'all',
    clients: [],
  };
  await writeFile(join(folder, 'security.json'), JSON.stringify(security));
  return [`plugin ${plugin}`, `plugin_opt_config_file ${join(folder, 'security.json')}`];
}

function findPlugin(): string {
  const name = 'mosquitto_dynamic_security.so';
  const machine = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string] ?? process.arch;
  const found = [`/usr/lib/${machine}/${name}`, `/usr/lib/${name}`, `/usr/local/lib/${name}`].find(existsSync);
  if (found === undefined) throw new Error(`${name} is missing: ${INSTALL}`);
  return found;
}
