import { expect } from 'chai';
import { FilterTree } from '../../lib/topic/FilterTree.js';
import { matches } from '../../lib/topic/matches.js';

type Row = [clause: string, filter: string, yes: string[], no: string[]];

// Section 4.7 of MQTT 3.1.1 as a table. Its own examples come first.
const table: Row[] = [
  [
    'MQTT-4.7.1-2',
    'sport/tennis/player1/#',
    ['sport/tennis/player1', 'sport/tennis/player1/ranking'],
    ['sport/tennis'],
  ],
  ['MQTT-4.7.1-2', 'sport/tennis/player1/#', ['sport/tennis/player1/score/wimbledon'], ['sport/tennis/player10']],
  ['MQTT-4.7.1-2', 'sport/#', ['sport', 'sport/', 'sport//'], ['sports', '/sport', 'sport2/a']],
  ['MQTT-4.7.1-2', '#', ['a', '/', 'a/b/c', '/a'], ['$SYS', '$SYS/a', '$']],
  ['MQTT-4.7.1-2', '/#', ['/', '/a', '/a/b', '//'], ['a', 'a/b']],
  ['MQTT-4.7.1-3', 'sport/tennis/+', ['sport/tennis/player1', 'sport/tennis/'], ['sport/tennis/player1/ranking']],
  ['MQTT-4.7.1-3', 'sport/+', ['sport/', 'sport/a'], ['sport', 'sport//', 'sport/a/b']],
  ['MQTT-4.7.1-3', '+/+', ['/finance', '/', 'a/b'], ['finance', '//', '$SYS/a']],
  ['MQTT-4.7.1-3', '/+', ['/finance', '/'], ['finance', '//']],
  ['MQTT-4.7.1-3', '+', ['finance', 'a'], ['/finance', '$SYS', '$']],
  ['MQTT-4.7.1-3', '+/tennis/#', ['sport/tennis', '/tennis/a'], ['tennis', '$a/tennis', 'sport/golf']],
  ['MQTT-4.7.1-3', '+/#', ['a', 'a/b', '/'], ['$SYS', '$SYS/a']],
  ['MQTT-4.7.2-1', '+/monitor/Clients', ['a/monitor/Clients'], ['$SYS/monitor/Clients']],
  ['MQTT-4.7.2-1', '$SYS/#', ['$SYS', '$SYS/a', '$SYS/$b'], ['SYS', '$sys/a', '$SYSa']],
  ['MQTT-4.7.2-1', '$SYS/monitor/+', ['$SYS/monitor/Clients', '$SYS/monitor/$a'], ['$SYS/monitor']],
  ['MQTT-4.7.2-1', 'a/#', ['a/$b', 'a'], ['$a']],
  ['MQTT-4.7.3-4', 'Accounts payable', ['Accounts payable'], ['Accounts', 'payable', 'Accounts  payable']],
  ['MQTT-4.7.3-4', 'a//b', ['a//b'], ['a/b', 'a///b', 'a//b/', '/a//b']],
  ['MQTT-4.7.3-4', 'a/+/b', ['a//b', 'a/x/b'], ['a/b', 'a/x/y/b']],
  ['MQTT-4.7.3-4', '/', ['/'], ['a', '//', '/a', 'a/']],
  ['MQTT-4.7.3-4', 'a/', ['a/'], ['a', 'a//', '/a']],
  ['MQTT-4.7.3-4', 'ACCOUNTS', ['ACCOUNTS'], ['Accounts', 'accounts']],
  ['MQTT-4.7.3-4', 'Å', ['\u00C5'], ['\u212B', 'A\u030A']],
  ['shared', '$share/g/a/+', ['a/b', 'a/'], ['a', '$share/g/a/b', 'g/a/b']],
  ['shared', '$share/g/#', ['a', 'a/b'], ['$SYS', '$share/g/a']],
  ['shared', '$share/g//a', ['/a'], ['a']],
  ['EMQX', '$queue/a/+', ['a/b', 'a/'], ['a', '$queue/a/b']],
  ['EMQX', '$queue/#', ['a', 'a/b'], ['$SYS', '$queue/a']],
  ['EMQX', '$exclusive/a', ['a'], ['$exclusive/a']],
  ['EMQX', '$exclusive/$SYS/#', ['$SYS', '$SYS/a'], ['$exclusive/$SYS/a']],
  ['EMQX', '$queue', ['$queue'], ['$queue/a']],
  ['object keys', '__proto__/+', ['__proto__/constructor'], ['__proto__', 'a/b']],
  ['object keys', 'constructor', ['constructor'], ['__proto__', 'toString']],
];

describe('matches', () => {
  for (const [clause, filter, yes, no] of table) {
    it(`should tell what ${filter} matches: ${yes.join(' ')} but not ${no.join(' ')} [${clause}]`, () => {
      for (const topic of yes) expect(matches(filter, topic), topic).to.equal(true);
      for (const topic of no) expect(matches(filter, topic), topic).to.equal(false);
    });
  }

  it('should agree with FilterTree', () => {
    for (const [, filter, yes, no] of table) {
      const tree = new FilterTree<{ readonly filter: string }>();
      tree.add(filter, { filter });
      for (const topic of yes) expect(tree.match(topic), `${filter} ${topic}`).to.deep.equal([{ filter }]);
      for (const topic of no) expect(tree.match(topic), `${filter} ${topic}`).to.deep.equal([]);
    }
  });
});
