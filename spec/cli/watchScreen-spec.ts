import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import type { Message } from '../../lib/index.js';
import { Output, type Stream } from '../../lib/cli/Output.js';
import { TopicTable } from '../../lib/cli/TopicTable.js';
import { textWidth } from '../../lib/cli/textWidth.js';
import { watchScreen } from '../../lib/cli/watchScreen.js';

const message = (topic: string, text: string, retain = false) =>
  ({ topic, payload: Buffer.from(text), retain }) as unknown as Message;

function screenOf(table: TopicTable, columns: number, rows: number, order: 'topic' | 'rate' | 'count' = 'topic') {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns, rows }) as unknown as Stream;
  const out = new Output(stream, { NO_COLOR: '1' });
  return watchScreen(table, { filters: ['house/#'], server: 'mqtt://host', state: { status: 'online', sessionPresent: false, since: 0 }, order }, out); // prettier-ignore
}

describe('the table of topics', () => {
  it('should show count, rate and the last message of each', () => {
    const table = new TopicTable();
    for (let i = 0; i < 3; i++) table.receive(message('house/bath', `${i}`));
    table.receive(message('house/attic', '27'));
    table.tick();
    table.receive(message('house/bath', 'warm'));
    table.tick();
    const [head, , titles, ...rows] = screenOf(table, 100, 20);
    expect(head).to.equal('house/#  mqtt://host  online  2 topics, 5 messages, 3/s');
    expect(titles).to.match(/^TOPIC +LAST +MESSAGES +PER S +LAST 30 S$/);
    expect(rows[0]).to.match(/^house\/attic +27 +1 +0\.5 +█$/);
    expect(rows[1]).to.match(/^house\/bath +warm +4 +2\.0 +█▃$/);
  });

  it('should be sorted by rate or count where that is asked for', () => {
    const table = new TopicTable();
    for (const [topic, count] of [
      ['a', 1],
      ['b', 3],
      ['c', 2],
    ] as const) {
      for (let i = 0; i < count; i++) table.receive(message(topic, ''));
    }
    table.tick();
    const names = (order: 'topic' | 'rate' | 'count') =>
      screenOf(table, 80, 20, order)
        .slice(3)
        .map((line) => line[0]);
    expect(names('topic').join('')).to.equal('abc');
    expect(names('rate').join('')).to.equal('bca');
    expect(names('count').join('')).to.equal('bca');
  });

  it('should never be larger than the terminal, and tell what it hides', () => {
    const table = new TopicTable();
    for (let i = 0; i < 50; i++)
      table.receive(message(`house/世界/${i}/with/a/long/name`, '{"celsius": 21.5}'.repeat(9)));
    table.tick();
    for (const columns of [20, 40, 69, 70, 89, 90, 200]) {
      for (const rows of [1, 5, 10, 24, 100]) {
        const lines = screenOf(table, columns, rows);
        for (const line of lines) expect(textWidth(line), `${columns}: ${line}`).to.be.at.most(Math.max(columns, 40));
        if (rows > 5 && rows < 54) expect(lines.length + 1, 'the last line is the program’s').to.equal(rows);
      }
    }
    expect(screenOf(table, 80, 10).at(-1)).to.equal('… and 45 topics more');
  });

  it('should show what comes from others as text', () => {
    const table = new TopicTable();
    table.receive(message('a/\x1b[2J', '\x1b]0;title\x07\n'));
    table.receive(message('b', Buffer.from([0xff, 0xfe]).toString('latin1')));
    expect(screenOf(table, 80, 20).join('')).not.to.match(/[\x00-\x1f]/); // eslint-disable-line no-control-regex
  });

  it('should not keep more topics than it says, and count the rest', () => {
    const table = new TopicTable();
    for (let i = 0; i < 10_050; i++) table.receive(message(`t/${i}`, ''));
    expect(table.rows('topic').length).to.equal(10_000);
    expect(table.others).to.equal(50);
    expect(screenOf(table, 80, 10).at(-1)).to.equal('… and 9,995 topics more, and 50 messages of topics that are not kept apart'); // prettier-ignore
  });
});
