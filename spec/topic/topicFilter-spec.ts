import { expect } from 'chai';
import { invalidTopicFilter } from '../../lib/topic/topicFilter.js';
import { saidBy } from '../support/saidBy.js';

// The examples of section 4.7.1 and what is next to them.
const valid: [clause: string, filters: string[]][] = [
  ['MQTT-4.7.1-2', ['#', 'sport/#', 'sport/tennis/player1/#', '/#', '$SYS/#']],
  ['MQTT-4.7.1-3', ['+', '+/tennis/#', 'sport/+/player1', '+/+', '/+', '+/', '+/#', '+//+']],
  ['MQTT-4.7.3-1', ['/', '//', 'a', '$', '$SYS', ' ', '/'.repeat(65_535)]],
  ['MQTT-4.7.3-3', ['a'.repeat(65_535), '温'.repeat(21_845)]],
];
const shared = [
  '$share/g/a',
  '$share/g/#',
  '$share/g//a',
  '$share/g//',
  '$share/g/+/b',
  '$share/$g/$SYS/#',
  '$share',
  '$shared/+',
];

const invalid: [filter: unknown, why: RegExp][] = [
  ['', /at least one character.*\[MQTT-4\.7\.3-1\]/],
  ['a\0', /"\\u0000" at index 1.*\[MQTT-4\.7\.3-2\]/],
  ['a/\uD800', /"\\ud800" at index 2.*\[MQTT-1\.5\.3-1\]/],
  ['a'.repeat(65_536), /at most 65535 bytes.*\[MQTT-4\.7\.3-3\]/],
  ['温'.repeat(21_846), /got 65538.*\[MQTT-4\.7\.3-3\]/],
  [undefined, /expected a string, got undefined/],
  [['a'], /expected a string, got object/],
  ['sport/tennis#', /level 2 of 2: "#" must occupy the whole level \[MQTT-4\.7\.1-2\]/],
  ['#a', /level 1 of 1: "#" must occupy the whole level \[MQTT-4\.7\.1-2\]/],
  ['##', /level 1 of 1: "#" must occupy the whole level/],
  ['sport/tennis/#/ranking', /level 3 of 4: "#" must be the last level \[MQTT-4\.7\.1-2\]/],
  ['#/', /level 1 of 2: "#" must be the last level/],
  ['sport+', /level 1 of 1: "\+" must occupy the whole level \[MQTT-4\.7\.1-3\]/],
  ['a/+b/c', /level 2 of 3: "\+" must occupy the whole level \[MQTT-4\.7\.1-3\]/],
  ['a/++', /level 2 of 2: "\+" must occupy the whole level/],
  ['$share/', /level 2: the group .* is empty/],
  ['$share//a', /level 2: the group .* is empty/],
  ['$share/+/a', /level 2: "\+" is not allowed in the group/],
  ['$share/g#/a', /level 2: "#" is not allowed in the group/],
  ['$share/g', /nothing follows the group/],
  ['$share/g/', /level 3: the filter after the group is empty/],
  ['$share/g/a/#/b', /level 4 of 5: "#" must be the last level/],
  ['$share/g/a+', /level 3 of 3: "\+" must occupy the whole level/],
];

function shown(filter: unknown): string {
  return typeof filter === 'string' ? JSON.stringify(filter.slice(0, 40)) : typeof filter;
}

describe('topicFilter', () => {
  for (const [clause, filters] of valid) {
    it(`should accept what the standard allows [${clause}]`, () => {
      for (const filter of filters) expect(invalidTopicFilter(filter), filter.slice(0, 40)).to.equal(undefined);
    });
  }

  it('should accept shared subscriptions, and names that only look like one', () => {
    for (const filter of shared) expect(invalidTopicFilter(filter), filter).to.equal(undefined);
  });

  for (const [filter, why] of invalid) {
    it(`should refuse ${shown(filter)} and say ${saidBy(why)}`, () => {
      expect(invalidTopicFilter(filter)).to.match(why);
    });
  }
});
