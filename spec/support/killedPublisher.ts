import { ClassicLevel } from 'classic-level';
import { createClient } from '../../lib/index.js';
import { levelStore } from '../../lib/store/levelStore.js';
import { LEFT_COUNT, leftProperties } from './leftProperties.js';

/*
 * A program that publishes messages with properties, all in one turn, and says of each when it is acknowledged. So when it
 * says so for the first time its store has all of them. It is to be killed.
 */
const [url, folder] = process.argv.slice(2) as [string, string];
const client = createClient(url, {
  clientId: 'writer',
  protocolVersion: 5,
  cleanSession: false,
  maxInflight: 30,
  store: levelStore(new ClassicLevel(folder)),
});
client.connection$.subscribe(() => {
  for (let n = 0; n < LEFT_COUNT; n++) {
    const properties = { ...leftProperties(n), messageExpiryInterval: 500 };
    const qos = n % 2 === 0 ? 1 : 2;
    client.publish('left/a', String(n), { qos, properties }).subscribe(() => process.stdout.write(`${n}\n`));
  }
});
