import { expect } from 'chai';
import fc from 'fast-check';
import { InvalidTopicError } from '../../lib/errors.js';
import { checkTopicName } from '../../lib/topic/topicName.js';

const valid: [what: string, topic: string][] = [
  ['one character', 'a'],
  ['levels', 'room/1/temp'],
  ['a lone slash', '/'],
  ['empty levels', '//a//'],
  ['spaces', 'Accounts payable'],
  ['a leading $', '$SYS/broker/load'],
  ['characters of 2, 3 and 4 bytes', 'größe/温度/🐢'],
  ['control characters other than U+0000', 'a\u0001\u001f\u007f'],
  ['U+FEFF [MQTT-1.5.3-3]', '\uFEFFa'],
  ['the characters next to the surrogates', '\uD7FF\uE000'],
  ['65,535 bytes of ASCII [MQTT-4.7.3-3]', 'a'.repeat(65_535)],
  ['65,535 bytes in characters of 3 [MQTT-4.7.3-3]', '温'.repeat(21_845)],
  ['65,534 bytes in characters of 2 [MQTT-4.7.3-3]', 'ö'.repeat(32_767)],
  ['65,532 bytes in characters of 4 [MQTT-4.7.3-3]', '🐢'.repeat(16_383)],
];

const invalid: [what: string, topic: unknown, why: RegExp][] = [
  ['an empty string [MQTT-4.7.3-1]', '', /at least one character.*MQTT-4\.7\.3-1/],
  ['U+0000 [MQTT-4.7.3-2]', 'a/\0', /"\\u0000" at index 2.*MQTT-4\.7\.3-2/],
  ['+ [MQTT-3.3.2-2] [MQTT-4.7.1-1]', 'a/+', /"\+" at index 2.*MQTT-3\.3\.2-2/],
  ['# [MQTT-3.3.2-2] [MQTT-4.7.1-1]', 'a#', /"#" at index 1.*MQTT-3\.3\.2-2/],
  ['a high surrogate at the end [MQTT-1.5.3-1]', 'a\uD83D', /"\\ud83d" at index 1.*MQTT-1\.5\.3-1/],
  ['a high surrogate before another character [MQTT-1.5.3-1]', '\uD83Da', /"\\ud83d" at index 0/],
  ['two high surrogates [MQTT-1.5.3-1]', '\uD83D\uD83D\uDC22', /"\\ud83d" at index 0/],
  ['two low surrogates [MQTT-1.5.3-1]', '\uDC22\uDC22', /"\\udc22" at index 0/],
  ['a low surrogate [MQTT-1.5.3-1]', '🐢\uDC22', /"\\udc22" at index 2/],
  ['65,536 bytes of ASCII [MQTT-4.7.3-3]', 'a'.repeat(65_536), /at most 65535 bytes, got 65536.*MQTT-4\.7\.3-3/],
  ['65,536 bytes in characters of 2 [MQTT-4.7.3-3]', 'ö'.repeat(32_768), /bytes, got 65536 /],
  ['65,536 bytes in characters of 3 [MQTT-4.7.3-3]', `a${'温'.repeat(21_845)}`, /bytes, got 65536 /],
  ['65,536 bytes in characters of 4 [MQTT-4.7.3-3]', '🐢'.repeat(16_384), /bytes, got 65536 /],
  ['undefined', undefined, /expected a string, got undefined/],
  ['null', null, /expected a string, got null/],
  ['a number', 42, /expected a string, got number/],
  ['an object without prototype', Object.create(null), /expected a string, got object/],
  ['a symbol', Symbol('a'), /expected a string, got symbol/],
];

describe('topicName', () => {
  for (const [what, topic] of valid) {
    it(`should accept ${what}`, () => {
      expect(() => checkTopicName(topic)).not.to.throw();
    });
  }

  for (const [what, topic, why] of invalid) {
    it(`should refuse ${what}`, () => {
      expect(() => checkTopicName(topic))
        .to.throw(InvalidTopicError, why)
        .with.property('code', 'INVALID_TOPIC');
    });
  }

  it('should carry the offending topic in the error', () => {
    expect(() => checkTopicName('a/+'))
      .to.throw(InvalidTopicError)
      .with.property('topic', 'a/+');
  });

  it('should agree with the definition for any string [MQTT-1.5.3-1] [MQTT-4.7.3-3]', () => {
    const unit = fc.constantFrom(
      'a',
      '/',
      '+',
      '#',
      '\0',
      'ö',
      '温',
      '🐢',
      '\uD83D',
      '\uDC22',
      '\uDBFF',
      '\uDFFF',
      '\uD7FF',
    );
    fc.assert(
      fc.property(fc.string({ unit }), (topic) => {
        const ok = topic !== '' && !/[\0+#]|\p{Surrogate}/u.test(topic);
        const check = expect(() => checkTopicName(topic));
        if (ok) check.not.to.throw();
        else check.to.throw(InvalidTopicError);
      }),
    );
  });

  it('should count bytes as an encoder does [MQTT-4.7.3-3]', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const topic = text.replace(/[\0+#]/g, 'x');
        const room = 65_535 - new TextEncoder().encode(topic).length;
        expect(() => checkTopicName(topic + 'a'.repeat(room))).not.to.throw();
        expect(() => checkTopicName(topic + 'a'.repeat(room + 1))).to.throw(InvalidTopicError, /MQTT-4\.7\.3-3/);
      }),
    );
  });
});
