import { expect } from 'chai';
import { Subscription } from 'rxjs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { MqttClient } from '../../lib/index.js';
import { message } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { turn } from '../support/turn.js';

setFlagsFromString('--expose-gc'); // in the middle of a process: a context that is made afterwards has it
const collectGarbage = runInNewContext('gc') as () => void;
const cpu = process.cpuUsage.bind(process);

/** Ten times as many listeners may cost so many times as much; what is not linear costs a hundred times as much. */
const MOST = 35;

/** Listens so many times. */
function listen(client: MqttClient, filter: string, count: number, ended: () => void = () => undefined) {
  return Array.from({ length: count }, () => client.topic$(filter).subscribe({ error: ended }));
}

/** Milliseconds of processor time that some work took: what else the machine does has no part in it. */
async function cost(work: () => Promise<void>): Promise<number> {
  collectGarbage();
  const before = cpu();
  await work();
  const { user, system } = cpu(before);
  return (user + system) / 1_000;
}

/** How many times as much as `few` the work of `many` costs, at best of several tries. */
async function ratio(work: (count: number) => Promise<void>, few: number, many: number): Promise<number> {
  await work(few); // warm
  let [least, most] = [Infinity, Infinity];
  for (let i = 0; i < 3; i++) {
    least = Math.min(least, await cost(() => work(few)));
    most = Math.min(most, await cost(() => work(many)));
    if (most / least < MOST) break;
  }
  return most / Math.max(least, 1);
}

clientSpecs('a crowd of listeners of one filter', (on) => {
  it('should join and leave in time that grows as their number does', async () => {
    const { client } = await on.online();
    const work = async (count: number) => {
      const all = listen(client, 'a', count);
      await on.settle();
      for (const one of all) one.unsubscribe();
      await on.settle();
    };
    expect(await ratio(work, 2_000, 20_000)).to.be.lessThan(MOST);
  }).timeout(60_000);

  it('should leave one after the other, with messages in between, in such time', async () => {
    const { client } = await on.online();
    const work = async (count: number) => {
      const all = listen(client, 'a', count);
      await on.settle();
      while (all.length > 0) {
        for (const one of all.splice(-count / 20)) one.unsubscribe();
        await on.settle();
      }
    };
    expect(await ratio(work, 2_000, 20_000)).to.be.lessThan(MOST);
  }).timeout(60_000);

  it('should be refused in such time', async () => {
    const { client } = await on.online();
    on.broker.grant = () => 0x80;
    const work = async (count: number) => {
      let refused = 0;
      listen(client, 'a', count, () => refused++);
      await on.settle();
      expect(refused).to.equal(count);
    };
    expect(await ratio(work, 2_000, 20_000)).to.be.lessThan(MOST);
  }).timeout(60_000);

  it('should join in turn, each with a SUBSCRIBE of its own, in such time', async () => {
    const { client, server } = await on.online();
    const work = async (count: number) => {
      const all = new Subscription();
      for (let i = 0; i < count; i++) {
        for (const one of listen(client, 'a', 1)) all.add(one);
        await on.settle();
        server.send(message('a', 'kept', { retain: true }));
      }
      all.unsubscribe();
      await on.settle();
      server.received.splice(1);
      server.take();
    };
    expect(await ratio(work, 200, 2_000)).to.be.lessThan(MOST);
  }).timeout(60_000);
});

clientSpecs('what is remembered of routes', (on) => {
  it('should have an end, however many listeners there are, and however many topics', async () => {
    const { client, server } = await on.online();
    let heard = 0;
    for (const filter of ['#', '+/+']) {
      for (let i = 0; i < 500; i++) client.topic$(filter).subscribe(() => heard++);
    }
    await on.tick(10_000);
    const heap = async () => {
      await turn();
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    server.send(message('warm/up'));
    await on.settle();
    const before = await heap();
    for (let i = 0; i < 8_192; i++) server.send(message(`topic/${i}`));
    await on.settle();
    expect(heard).to.equal(1_000 * 8_193);
    expect((await heap()) - before).to.be.lessThan(16_000_000);
  }).timeout(60_000);
});
