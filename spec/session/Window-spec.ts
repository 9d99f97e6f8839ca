import { expect } from 'chai';
import { Window } from '../../lib/session/Window.js';

const MEGABYTE = 1_048_576;

function open(messages: number): Window {
  const window = new Window(messages);
  window.open();
  return window;
}

describe('Window', () => {
  it('should admit nothing while there is no connection', () => {
    const window = new Window(10);
    expect(window.admits(0)).to.equal(false);
    window.open();
    expect(window.admits(0)).to.equal(true);
    window.close();
    expect(window.admits(0)).to.equal(false);
  });

  for (const messages of [1, 2, 65_535]) {
    it(`should admit ${messages} unacknowledged messages, and not one more`, () => {
      const window = open(messages);
      expect([window.admits(messages - 1), window.admits(messages), window.admits(messages + 1)]).to.deep.equal([
        true,
        false,
        false,
      ]);
    });
  }

  it('should be full when 16 MiB were written, and open when less than 8 MiB are left', () => {
    const window = open(10);
    window.wrote(16 * MEGABYTE - 1);
    expect([window.admits(0), window.awaitsDrain]).to.deep.equal([true, false]);
    window.wrote(1);
    expect([window.admits(0), window.awaitsDrain]).to.deep.equal([false, true]);
    window.holds(8 * MEGABYTE);
    expect([window.admits(0), window.awaitsDrain]).to.deep.equal([false, true]);
    window.holds(8 * MEGABYTE - 1);
    expect([window.admits(0), window.awaitsDrain]).to.deep.equal([true, false]);
    window.holds(16 * MEGABYTE - 1);
    expect(window.admits(0)).to.equal(true);
    window.holds(16 * MEGABYTE);
    expect(window.admits(0)).to.equal(false);
  });

  it('should count on from what the transport last said', () => {
    const window = open(10);
    window.wrote(15 * MEGABYTE);
    window.holds(0);
    window.wrote(15 * MEGABYTE);
    expect(window.admits(0)).to.equal(true);
    window.wrote(MEGABYTE);
    expect(window.admits(0)).to.equal(false);
  });

  it('should admit one message however large it is', () => {
    const window = open(10);
    expect(window.admits(0)).to.equal(true);
    window.wrote(256 * MEGABYTE);
    expect(window.admits(0)).to.equal(false);
  });

  it('should start empty on each connection', () => {
    const window = open(10);
    window.wrote(20 * MEGABYTE);
    window.close();
    window.open();
    expect([window.admits(0), window.awaitsDrain]).to.deep.equal([true, false]);
    window.wrote(15 * MEGABYTE);
    expect(window.admits(0)).to.equal(true);
  });
});
