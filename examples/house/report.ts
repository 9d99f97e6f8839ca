import { type Observable, mergeMap, pairwise } from 'rxjs';
import type { ClientState, MqttClient, QoS } from '../../lib/index.js';
import type { Alarm, Mean } from './dashboard.js';
import type { Ledger } from './ledger.js';

/** A line of the demo's output: its source and its text. */
export interface Line {
  readonly who: 'demo' | 'house' | 'dashboard' | 'mean' | 'ALARM' | 'CUT' | 'ledger';
  readonly text: string;
}

const COLOURS: Readonly<Record<Line['who'], number>> = {
  demo: 2,
  house: 36,
  dashboard: 34,
  mean: 0,
  ALARM: 31,
  CUT: 33,
  ledger: 32,
};
const QOS = [0, 1, 2] as const;
const PROMISES: Readonly<Record<QoS, string>> = {
  0: 'at most once: may be lost',
  1: 'at least once: may come twice',
  2: 'exactly once',
};

/** Makes what prints lines: with the time since now, plain text, and in colour on a terminal that wants it. */
export function printer(out: NodeJS.WriteStream): (line: Line) => void {
  const start = performance.now();
  const colours = out.isTTY && process.env['NO_COLOR'] === undefined;
  return ({ who, text }) => {
    const time = ((performance.now() - start) / 1_000).toFixed(1).padStart(6);
    const name = who.padEnd(9);
    out.write(`${time} s  ${colours ? `\x1b[${COLOURS[who]}m${name}\x1b[0m` : name}  ${text}\n`);
  };
}

/** How a client's connection fares, in words. */
export function connectionLines(who: 'house' | 'dashboard', client: MqttClient): Observable<Line> {
  let lostAt = 0;
  const words = ([before, now]: [ClientState, ClientState]): string[] => {
    switch (now.status) {
      case 'waiting': {
        if (before.status === 'online') lostAt = performance.now();
        const next = now.delay === undefined ? '' : `; next attempt in ${now.delay} ms`;
        return [`offline: ${now.cause.message.replace(/127\.0\.0\.1:\d+/, 'the broker')}${next}`];
      }
      case 'online': {
        if (lostAt === 0) return ['connected'];
        const away = ((performance.now() - lostAt) / 1_000).toFixed(2);
        return [`reconnected after ${away} s, ${now.sessionPresent ? 'session kept' : 'session LOST by the broker'}`];
      }
      default:
        return [];
    }
  };
  return client.state$.pipe(
    pairwise(),
    mergeMap((states) => words(states).map((text) => ({ who, text }))),
  );
}

export function meansLine(means: readonly Mean[]): Line {
  return { who: 'mean', text: means.map(({ room, celsius }) => `${room} ${celsius.toFixed(1)} °C`).join('   ') };
}

export function alarmLine({ room, celsius, isOn }: Alarm): Line {
  return { who: 'ALARM', text: `${isOn ? 'too warm' : 'over'}: ${room} ${celsius.toFixed(1)} °C` };
}

/** The books while the demo runs. */
export function ledgerLine(ledger: Ledger): Line {
  const columns = QOS.map((qos) => {
    const { sent, received, missing, duplicated } = ledger.account(qos);
    return `QoS ${qos}: ${received}/${sent}, ${missing} missing${duplicated > 0 ? `, ${duplicated} twice` : ''}`;
  });
  return { who: 'ledger', text: columns.join('   ') };
}

/** The books at the end: a table for people, and below it a line that a program can read. */
export function summary(ledger: Ledger, cuts: number, reconnects: number): string {
  const accounts = QOS.map((qos) => ({ qos, ...ledger.account(qos) }));
  const row = (cells: readonly (string | number)[]) => cells.map((cell) => String(cell).padStart(12)).join('');
  const table = accounts.map(
    ({ qos, sent, received, lost, duplicated }) =>
      `QoS ${qos}${row([sent, received, lost, duplicated])}   ${PROMISES[qos]}`,
  );
  const total = (key: 'sent' | 'received' | 'lost' | 'duplicated') =>
    `${accounts.reduce((sum, account) => sum + account[key], 0)} (${accounts.map((account) => account[key]).join('/')})`;
  return [
    '',
    `     ${row(['sent', 'received', 'lost', 'duplicated'])}`,
    ...table,
    '',
    `${cuts} ${cuts === 1 ? 'cut' : 'cuts'}, ${reconnects} ${reconnects === 1 ? 'reconnect' : 'reconnects'}: ${ledger.kept ? 'every promise of MQTT was kept' : 'MESSAGES WERE LOST OR DOUBLED'}`,
    `summary: sent ${total('sent')}, received ${total('received')}, lost ${total('lost')}, duplicated ${total('duplicated')}, reconnects ${reconnects}`,
    '',
  ].join('\n');
}
