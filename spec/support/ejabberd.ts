import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker, BrokerOptions } from './Broker.js';
import { brokerProcess } from './brokerProcess.js';
import type { Program } from './describeWith.js';
import { findProgram } from './findProgram.js';
import { freePort } from './freePort.js';

const INSTALL = 'apt-get install --no-install-recommends ejabberd';

/** What ejabberd needs: itself, and the machine that it runs on. */
export const EJABBERD: readonly Program[] = ['ejabberdctl', 'erl'].map((name) => ({
  name,
  path: findProgram(name),
  install: INSTALL,
}));

/** It lets in nobody without a name; which one and what password, it does not mind here. */
export const EJABBERD_USER = { username: 'spec', password: 'secret' } as const;

/** Where Debian keeps the libraries of ejabberd. */
const LIBRARIES = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'].join(':');

/**
 * Starts ejabberd, which speaks MQTT 5 and 3.1.1, with a folder of its own. Its sessions are gone when it ends. Resolves
 * when it accepts connections.
 *
 * Not by `ejabberdctl`, which changes its user, and needs a name in the network and a daemon, epmd, that stays behind.
 */
export async function ejabberd(options: BrokerOptions = {}): Promise<Broker> {
  const { host = '127.0.0.1', webSocket, users, denied } = options;
  // Its rules can say what is allowed, and not what is denied.
  if (webSocket || users || denied !== undefined) throw new Error('ejabberd is not set up for that here');
  const port = options.port ?? (await freePort(host));
  const folder = await mkdtemp(join(tmpdir(), 'tortoise-rx-'));
  const config = {
    loglevel: 'info',
    hosts: ['localhost'],
    listen: [{ port, ip: host, module: 'mod_mqtt' }],
    // Nobody need be registered: that could be done only when it accepts connections already.
    auth_method: 'anonymous',
    anonymous_protocol: 'login_anon',
    allow_multiple_connections: true,
    modules: { mod_mqtt: {} },
  };
  await writeFile(join(folder, 'ejabberd.yml'), JSON.stringify(config)); // JSON is YAML
  return brokerProcess({
    host,
    port,
    command: EJABBERD.find(({ name }) => name === 'erl')!.path ?? 'erl',
    args: [
      ...['-noinput', '-mnesia', 'dir', `"${join(folder, 'spool')}"`, '-s', 'ejabberd'],
      ...['+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none'], // otherwise it waits by going round in circles
    ],
    env: {
      ERL_LIBS: LIBRARIES,
      ERL_CRASH_DUMP_BYTES: '0',
      EJABBERD_CONFIG_PATH: join(folder, 'ejabberd.yml'),
      EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
    },
    ready: 'Start accepting TCP connections',
    install: INSTALL,
    cleanUp: () => rm(folder, { recursive: true, force: true }),
  });
}
