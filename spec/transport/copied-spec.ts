import { expect } from 'chai';
import { copied } from '../../lib/transport/copied.js';

describe('copied', () => {
  it('should copy bytes, arrays and plain objects, each within the other', () => {
    const original = { ca: [Buffer.from('one'), 'two'], headers: { a: ['1'] }, nothing: Object.create(null) as object };
    const copy = copied(original);
    expect(copy).to.deep.equal(original);
    original.ca[0] = 'other';
    original.headers.a.push('2');
    expect([String(copy.ca[0]), copy.headers.a]).to.deep.equal(['one', ['1']]);
  });

  it('should copy the bytes of a Buffer, whose slice is a view', () => {
    const original = Buffer.from('one');
    const copy = copied(original);
    original.fill(0);
    expect([copy.toString(), Buffer.isBuffer(copy)]).to.deep.equal(['one', true]);
  });

  it('should take functions, and objects of a class of their own, as they are', () => {
    class Agent {
      readonly sockets = {};
    }
    for (const value of [() => 1, new Agent(), new Map(), new Date(), Symbol('a'), 1n, 'text', null, undefined]) {
      expect(copied({ value })).to.have.property('value', value);
    }
  });

  it('should take __proto__ for a name as any other', () => {
    const copy = copied(JSON.parse('{ "__proto__": { "polluted": true } }') as object);
    expect(Object.keys(copy)).to.deep.equal(['__proto__']);
    expect(copy).not.to.have.property('polluted');
    expect({}).not.to.have.property('polluted');
  });

  it('should come to an end in a circle', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(copied(circle)).to.have.property('self').that.has.property('self');
  });
});
