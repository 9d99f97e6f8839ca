import { expect } from 'chai';
import { invalidLevels } from '../../lib/topic/invalidLevels.js';
import { saidBy } from '../support/saidBy.js';

const reason = (filter: string) => invalidLevels(filter.split('/'));

// The examples of section 4.7.1, and filters that differ little from them.
const valid: [clause: string, filters: string[]][] = [
  ['MQTT-4.7.1-2', ['#', 'sport/#', 'sport/tennis/player1/#', '/#', '$SYS/#']],
  ['MQTT-4.7.1-3', ['+', '+/tennis/#', 'sport/+/player1', '+/+', '/+', '+/', '+/#', '+//+']],
  ['MQTT-4.7.3-1', ['/', '//', 'a', '$', '$SYS', ' ', '/'.repeat(65_535)]],
];
const prefixed = [
  '$share/g/a',
  '$share/g/#',
  '$share/g//a',
  '$share/g//',
  '$share/g/+/b',
  '$share/$g/$SYS/#',
  '$share',
  '$shared/+',
  '$queue/a',
  '$queue//',
  '$queue/+/#',
  '$queue',
  '$exclusive/$SYS/#',
  '$exclusive/a',
  '$exclusive',
];

const invalid: [filter: string, why: RegExp][] = [
  ['sport/tennis#', /level 2 of 2: "#" must occupy the whole level \[MQTT-4\.7\.1-2\]/],
  ['#a', /level 1 of 1: "#" must occupy the whole level \[MQTT-4\.7\.1-2\]/],
  ['##', /level 1 of 1: "#" must occupy the whole level/],
  ['sport/tennis/#/ranking', /level 3 of 4: "#" must be the last level \[MQTT-4\.7\.1-2\]/],
  ['#/', /level 1 of 2: "#" must be the last level/],
  ['sport+', /level 1 of 1: "\+" must occupy the whole level \[MQTT-4\.7\.1-3\]/],
  ['a/+b/c', /level 2 of 3: "\+" must occupy the whole level \[MQTT-4\.7\.1-3\]/],
  ['a/++', /level 2 of 2: "\+" must occupy the whole level/],
  ['$share/', /level 2: the group .* is empty; expected \$share\/<group>\/<filter>/],
  ['$share//a', /level 2: the group .* is empty/],
  ['$share/+/a', /level 2: "\+" is not allowed in the group/],
  ['$share/g#/a', /level 2: "#" is not allowed in the group/],
  ['$share/g', /nothing follows the group/],
  ['$share/g/', /level 3: the filter after the prefix is empty/],
  ['$share/g/a/#/b', /level 4 of 5: "#" must be the last level/],
  ['$share/g/a+', /level 3 of 3: "\+" must occupy the whole level/],
  ['$queue/', /level 2: the filter after the prefix is empty; expected \$queue\/<filter>/],
  ['$queue/#/a', /level 2 of 3: "#" must be the last level/],
  ['$exclusive/', /level 2: the filter after the prefix is empty; expected \$exclusive\/<filter>/],
  ['$exclusive/a+', /level 2 of 2: "\+" must occupy the whole level/],
];

describe('invalidLevels', () => {
  for (const [clause, filters] of valid) {
    it(`should accept what the standard allows [${clause}]`, () => {
      for (const filter of filters) expect(reason(filter), filter.slice(0, 40)).to.equal(undefined);
    });
  }

  it('should accept filters with a prefix, and names that only look like one', () => {
    for (const filter of prefixed) expect(reason(filter), filter).to.equal(undefined);
  });

  for (const [filter, why] of invalid) {
    it(`should refuse ${JSON.stringify(filter)} and say ${saidBy(why)}`, () => {
      expect(reason(filter)).to.match(why);
    });
  }
});
