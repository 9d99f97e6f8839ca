import { expect } from 'chai';
import {
  type ClientEvent,
  ConnectionLostError,
  InvalidArgumentError,
  type LogOptions,
  StoreError,
  logTo,
} from '../../lib/index.js';
import { message } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** A target that keeps what it is told, and how. */
function target(methods: readonly string[] = LEVELS) {
  const lines: string[] = [];
  const made = Object.fromEntries(methods.map((method) => [method, (line: string) => lines.push(`${method} ${line}`)]));
  return { lines, made: made as unknown as Console };
}

/** One of each kind. */
const EVENTS: readonly ClientEvent[] = [
  { type: 'connecting', attempt: 1 },
  { type: 'connected', server: 's', clientId: 'c', sessionPresent: false },
  { type: 'unverified', server: 's', reason: 'r' },
  { type: 'disconnected' },
  { type: 'disconnected', cause: new ConnectionLostError('gone') },
  { type: 'retry', attempt: 1, cause: new ConnectionLostError('gone') },
  { type: 'suspended' },
  { type: 'resumed' },
  { type: 'subscribed', filter: 'f', requested: 0, granted: 0 },
  { type: 'refused', filter: 'f' },
  { type: 'unsubscribed', filter: 'f' },
  { type: 'packet-sent', packet: { type: 'pingreq' } },
  { type: 'packet-received', packet: { type: 'pingresp' } },
  { type: 'ping', roundTrip: 1 },
  { type: 'message-dropped', topic: 't', reason: 'unclaimed' },
  { type: 'takeover-suspected', clientId: 'c' },
  { type: 'suspected', filters: ['f'], topics: ['t'] },
  { type: 'given-up', filter: 'f', trials: 5 },
  { type: 'paused' },
  { type: 'reading' },
  { type: 'recovered', inFlight: 0, queued: 0, received: 0 },
  { type: 'record-set-aside', key: 'k', reason: 'r' },
  { type: 'store-failed', error: new StoreError('write', 'full') },
  { type: 'ended' },
];

clientSpecs('logTo', (on) => {
  it('should print a line with its time for each event, as an observer and as an operator, without passwords', async () => {
    const client = on.client({ username: 'u', password: 'secret' });
    const { lines, made } = target();
    client.events$.subscribe(logTo(made, { packets: true }));
    const passed = watch(client.events$.pipe(logTo(target().made)));
    watch(client.connection$);
    watch(client.topic$('a'));
    watch(client.publish('a', 'payload', { qos: 2 }));
    watch(client.ping());
    await on.settle();
    on.broker.current.send(message('b', 'payload'));
    on.broker.current.close();
    await on.tick(1_000);
    watch(client.unsubscribe('z'));
    watch(client.suspend());
    await on.settle();
    watch(client.end());
    await on.settle();
    expect(passed.values.length).to.equal(lines.length);
    expect(lines.slice(0, 3)).to.deep.equal([
      'info 2027-01-15T08:00:00.000Z mqtt connecting, attempt 1',
      'debug 2027-01-15T08:00:00.000Z mqtt → CONNECT spec clean',
      'debug 2027-01-15T08:00:00.000Z mqtt ← CONNACK 0',
    ]);
    expect(lines).to.include('info 2027-01-15T08:00:01.000Z mqtt connected to custom transport as spec, session new');
    expect(lines.join('\n')).to.contain('PUBLISH #2 a QoS 2, 7 bytes').and.not.contain('secret');
    expect(lines.every((line) => /^(debug|info|warn|error) 2027-01-15T08:00:0[01]\.000Z mqtt \S/.test(line))).to.equal(
      true,
    );
  });

  it('should leave packets out unless they are asked for', async () => {
    const { lines, made } = target();
    const { client } = await on.online();
    client.events$.subscribe(logTo(made));
    watch(client.publish('a', 'x', { qos: 2 }));
    watch(client.ping());
    await on.settle();
    expect(lines).to.deep.equal(['debug 2027-01-15T08:00:00.000Z mqtt ping answered after 0 ms']);
  });
});

describe('logTo', () => {
  const printed = (options?: LogOptions, methods?: readonly string[]) => {
    const { lines, made } = target(methods);
    EVENTS.forEach(logTo(made, options));
    return lines;
  };
  const byMethod = (lines: readonly string[], method: string) => lines.filter((line) => line.startsWith(`${method} `));

  it('should use the method that fits: a loss is a warning, and what is lost for good an error', () => {
    const lines = printed({ packets: true });
    expect(lines.length).to.equal(EVENTS.length);
    expect(LEVELS.map((level) => byMethod(lines, level).length)).to.deep.equal([5, 9, 7, 3]);
    expect(byMethod(lines, 'warn').some((line) => line.endsWith('disconnected: gone'))).to.equal(true);
    expect(byMethod(lines, 'info').some((line) => line.endsWith('disconnected'))).to.equal(true);
  });

  it('should print nothing below its level', () => {
    expect(LEVELS.map((level) => printed({ level, packets: true }).length)).to.deep.equal([24, 19, 10, 3]);
    expect(printed({ level: 'info', packets: true }).some((line) => line.includes('PING'))).to.equal(false);
  });

  it('should use log where a method is missing, as that of a logger without info', () => {
    const lines = printed({}, ['log', 'debug', 'warn', 'error']);
    expect(byMethod(lines, 'log').length).to.equal(9);
    expect(printed({}, ['log']).every((line) => line.startsWith('log '))).to.equal(true);
  });

  it('should call a method as one of its target', () => {
    const logger = {
      lines: [] as string[],
      log(line: string) {
        this.lines.push(line);
      },
    };
    EVENTS.forEach(logTo(logger));
    expect(logger.lines.length).to.equal(22);
  });

  it('should refuse a target without methods, and options that mean nothing, with a hint', () => {
    const wrong: [unknown, unknown, RegExp][] = [
      [console.log, undefined, /target: expected an object with the methods debug, info, warn and error/],
      [undefined, undefined, /target/],
      [{ info: () => undefined }, undefined, /target/],
      [console, { packet: true }, /packet: there is no such option; use packets/],
      [console, { Level: 'info' }, /Level: there is no such option; use level/],
      [console, { level: 'verbose' }, /level: expected debug, info, warn, error, got "verbose"/],
      [console, { packets: 1 }, /packets: expected true or false, got 1/],
      [console, 'info', /options: expected an object such as \{ packets: … \}, got a string/],
    ];
    for (const [to, options, words] of wrong) {
      expect(() => logTo(to as Console, options as LogOptions)).to.throw(InvalidArgumentError, words);
    }
  });
});
