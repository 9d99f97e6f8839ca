import { expect } from 'chai';
import { Observable, Subject, concat, from, of, take, throwError } from 'rxjs';
import { InvalidOptionsError, PacketTooLargeError, ProtocolError } from '../../lib/errors.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { decodePackets } from '../../lib/stream/decodePackets.js';

const bytes = (...values: number[]) => new Uint8Array(values);
const PINGS = bytes(0xc0, 0, 0xc0, 0, 0xc0, 0);

function record(packets$: Observable<Packet>): string[] {
  const log: string[] = [];
  packets$.subscribe({
    next: (packet) => log.push(packet.type),
    error: (error: Error) => log.push(error.name),
    complete: () => log.push('complete'),
  });
  return log;
}

describe('decodePackets', () => {
  it('should emit each packet as soon as its last byte has come', () => {
    const source = new Subject<Uint8Array>();
    const log = record(source.pipe(decodePackets()));
    source.next(bytes(0xc0));
    expect(log).to.deep.equal([]);
    source.next(bytes(0, 0xd0, 0, 0xe0));
    expect(log).to.deep.equal(['pingreq', 'pingresp']);
  });

  it('should complete with its source, also in the middle of a packet', () => {
    expect(record(of(bytes(0xc0, 0, 0xc0)).pipe(decodePackets()))).to.deep.equal(['pingreq', 'complete']);
  });

  it('should pass on the error of its source', () => {
    const source = concat(
      of(PINGS),
      throwError(() => new RangeError('gone')),
    );
    expect(record(source.pipe(decodePackets()))).to.deep.equal(['pingreq', 'pingreq', 'pingreq', 'RangeError']);
  });

  it('should emit what came before bad bytes, leave the source, then error', () => {
    const source = new Subject<Uint8Array>();
    let left = false;
    let error: unknown;
    const log: string[] = [];
    new Observable<Uint8Array>((subscriber) => {
      source.subscribe(subscriber);
      return () => (left = true);
    })
      .pipe(decodePackets())
      .subscribe({ next: (packet) => log.push(packet.type), error: (e: unknown) => (error = [e, left]) });
    source.next(bytes(0xc0, 0, 0xc1, 0, 0xc0, 0));
    expect(log).to.deep.equal(['pingreq']);
    expect(error).to.have.property('0').instanceOf(ProtocolError);
    expect(error).to.have.property('1', true);
    expect(source.observed).to.equal(false);
  });

  it('should error when a packet is over maxPacketSize', () => {
    let error: unknown;
    const limited = decodePackets({ maxPacketSize: 10 });
    of(bytes(0x30, 9))
      .pipe(limited)
      .subscribe({ error: (e: unknown) => (error = e) });
    expect(error).to.be.instanceOf(PacketTooLargeError);
  });

  it('should error, not throw, when a chunk is no bytes', () => {
    const log = record(from([undefined as unknown as Uint8Array]).pipe(decodePackets()));
    expect(log).to.deep.equal(['TypeError']);
  });

  it('should refuse wrong options at once', () => {
    for (const maxPacketSize of [0, 1, 1.5, NaN, Infinity, 268_435_461]) {
      expect(() => decodePackets({ maxPacketSize })).to.throw(InvalidOptionsError);
    }
  });

  it('should refuse wrong versions at once', () => {
    for (const protocolVersion of [3, 6, '5', null, true]) {
      expect(() => decodePackets({ protocolVersion: protocolVersion as 5 })).to.throw(InvalidOptionsError);
    }
  });

  it('should read MQTT 3.1.1 unless it is told otherwise', () => {
    const disconnect = bytes(0xe0, 1, 0x8b);
    expect(record(of(disconnect).pipe(decodePackets()))).to.deep.equal(['ProtocolError']);
    expect(record(of(disconnect).pipe(decodePackets({ protocolVersion: 4 })))).to.deep.equal(['ProtocolError']);
    expect(record(of(disconnect).pipe(decodePackets({ protocolVersion: 5 })))).to.deep.equal([
      'disconnect',
      'complete',
    ]);
  });

  it('should take the version from CONNECT, in each subscription anew', () => {
    const connect = (version: number, ...properties: number[]) => [0x10, 12 + properties.length, 0, 4, 0x4d, 0x51, 0x54, 0x54, version, 2, 0, 60, ...properties, 0, 0]; // prettier-ignore
    const decode = decodePackets({ protocolVersion: 'auto' });
    const disconnect = [0xe0, 1, 4];
    const all = (...values: number[][]) => from(values.map((one) => bytes(...one)));
    expect(record(all(connect(5, 0), disconnect).pipe(decode))).to.deep.equal(['connect', 'disconnect', 'complete']);
    expect(record(all(connect(4), disconnect).pipe(decode))).to.deep.equal(['connect', 'ProtocolError']);
    expect(record(all(connect(5, 0), disconnect).pipe(decode))).to.deep.equal(['connect', 'disconnect', 'complete']);
    expect(record(all([0xc0, 0]).pipe(decode))).to.deep.equal(['ProtocolError']);
  });

  it('should stop in the middle of a chunk when it is unsubscribed', () => {
    const source = new Subject<Uint8Array>();
    const log = record(source.pipe(decodePackets(), take(2)));
    source.next(PINGS);
    expect(log).to.deep.equal(['pingreq', 'pingreq', 'complete']);
    expect(source.observed).to.equal(false);
  });

  it('should leave a source that emits without end while it is subscribed to', () => {
    const endless = new Observable<Uint8Array>((subscriber) => {
      for (let i = 0; i < 1e6 && !subscriber.closed; i++) subscriber.next(PINGS);
      if (!subscriber.closed) throw new Error('still subscribed');
    });
    expect(record(endless.pipe(decodePackets(), take(2)))).to.deep.equal(['pingreq', 'pingreq', 'complete']);
  });

  it('should have a decoder for each subscription', () => {
    const decode = decodePackets();
    record(of(bytes(0xc0)).pipe(decode));
    expect(record(of(bytes(0xd0, 0)).pipe(decode))).to.deep.equal(['pingresp', 'complete']);
  });

  it('should keep order when its source emits and ends from within a next', () => {
    const source = new Subject<Uint8Array>();
    const log: string[] = [];
    source.pipe(decodePackets()).subscribe({
      next: ({ type }) => {
        log.push(type);
        if (log.length === 1) {
          source.next(bytes(0xe0, 0));
          source.complete();
          log.push('first is done');
        }
      },
      complete: () => log.push('complete'),
    });
    source.next(bytes(0xc0, 0, 0xd0, 0));
    expect(log).to.deep.equal(['pingreq', 'first is done', 'pingresp', 'disconnect', 'complete']);
  });
});
