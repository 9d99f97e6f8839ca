import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { Message } from '../../lib/client/Message.js';
import { type Codec, InvalidArgumentError, UndecodableError, bytes, text } from '../../lib/index.js';
import { message } from '../support/message.js';

const came = (payload: Uint8Array) => new Message({ ...message('a'), payload });

describe('text', () => {
  it('should decode what it encoded, to the last character', () => {
    for (const value of ['', 'offen', '\uFEFFgrün 温 🐢', '\0']) {
      expect(text().encode(value)).to.equal(value);
      expect(text().decode(came(new TextEncoder().encode(value)))).to.equal(value);
    }
    expect(text().contentType).to.equal('text/plain');
  });

  it('should not decode what is not UTF-8', () => {
    expect(() => text().decode(came(Uint8Array.of(0xff)))).to.throw(
      UndecodableError,
      /to "a" does not decode: it is not UTF-8$/,
    );
  });

  it('should not encode what is no text', () => {
    expect(() => text().encode(7 as never)).to.throw(InvalidArgumentError, /^value: expected a string, got "number"$/);
  });

  it('should have a type', () => expectTypeOf(text()).toEqualTypeOf<Codec<string>>());
});

describe('bytes', () => {
  it('should hand on payloads as they are, and say nothing of them', () => {
    const payload = Uint8Array.of(0, 255);
    expect(bytes().encode(payload)).to.equal(payload);
    expect(bytes().decode(came(payload))).to.equal(payload);
    expect(bytes().contentType).to.equal(undefined);
  });

  it('should not encode what is no Uint8Array', () => {
    expect(() => bytes().encode('x' as never)).to.throw(
      InvalidArgumentError,
      /^value: expected a Uint8Array, got "string"$/,
    );
  });

  it('should have a type', () => expectTypeOf(bytes()).toEqualTypeOf<Codec<Uint8Array>>());
});
