import { expect } from 'chai';
import fc from 'fast-check';
import type { QoS } from '../../lib/packet/Packet.js';
import { Exchanges } from '../../lib/session/Exchanges.js';
import { Outgoing } from '../../lib/session/Outgoing.js';

type Message = Outgoing<string>;

function begun(exchanges: Exchanges<Message>, packetId: number, qos: QoS): Message {
  const outgoing = new Outgoing(`m${packetId}`, new Uint8Array(0), qos, false, '', undefined);
  outgoing.packetId = packetId;
  exchanges.add(outgoing);
  return outgoing;
}

const ids = (outgoing: Iterable<Message>) => [...outgoing].map(({ packetId }) => packetId);

describe('Exchanges', () => {
  it('should know what each exchange waits for', () => {
    const exchanges = new Exchanges<Message>();
    const a = begun(exchanges, 1, 1);
    const b = begun(exchanges, 2, 2);
    expect([a.awaited, b.awaited]).to.deep.equal(['puback', 'pubrec']);
    exchanges.received(b);
    expect(b.awaited).to.equal('pubcomp');
  });

  it('should find an exchange by its identifier until it is over [MQTT-2.3.1-3]', () => {
    const exchanges = new Exchanges<Message>();
    const a = begun(exchanges, 1, 1);
    const b = begun(exchanges, 65_535, 2);
    exchanges.received(b);
    expect([exchanges.size, exchanges.get(1), exchanges.get(65_535), exchanges.get(2)]).to.deep.equal([2, a, b, undefined]); // prettier-ignore
    exchanges.delete(a);
    expect([exchanges.size, exchanges.has(1), exchanges.has(65_535)]).to.deep.equal([1, false, true]);
    exchanges.delete(b);
    expect([exchanges.size, exchanges.has(65_535)]).to.deep.equal([0, false]);
  });

  it('should be in resend order: PUBRELs as the PUBRECs came, then PUBLISHes as they were sent [MQTT-4.6.0-1] [MQTT-4.6.0-4]', () => {
    const exchanges = new Exchanges<Message>();
    const all = [9, 3, 7, 5, 8].map((id) => begun(exchanges, id, 2));
    exchanges.received(all[3]!);
    exchanges.received(all[0]!);
    begun(exchanges, 2, 1);
    expect(ids(exchanges)).to.deep.equal([5, 9, 3, 7, 8, 2]);
  });

  it('should give all away in the order of the first PUBLISH, and be empty then', () => {
    const exchanges = new Exchanges<Message>();
    const all = [9, 3, 7].map((id) => begun(exchanges, id, 2));
    exchanges.received(all[2]!);
    exchanges.received(all[1]!);
    expect(ids(exchanges.takeAll())).to.deep.equal([9, 3, 7]);
    expect([exchanges.size, ids(exchanges)]).to.deep.equal([0, []]);
  });

  it('should keep what is apart out of the order, and find it all the same', () => {
    const exchanges = new Exchanges<Message>();
    const all = [9, 3, 7].map((id) => begun(exchanges, id, 2));
    exchanges.setApart(all[1]!);
    expect([exchanges.size, exchanges.inFlight, exchanges.get(3)]).to.deep.equal([3, 2, all[1]]);
    expect(ids(exchanges)).to.deep.equal([9, 7, 3]);
    exchanges.received(all[1]!);
    expect([ids(exchanges), exchanges.inFlight, exchanges.apart?.size]).to.deep.equal([[3, 9, 7], 3, 0]);
  });

  it('should take back what was apart into the order of the first PUBLISH [MQTT-4.6.0-1]', () => {
    const exchanges = new Exchanges<Message>();
    const all = [9, 3, 7, 5].map((id) => begun(exchanges, id, 1));
    exchanges.setApart(all[2]!);
    exchanges.setApart(all[1]!);
    exchanges.rejoin();
    begun(exchanges, 8, 1);
    expect([ids(exchanges), exchanges.apart]).to.deep.equal([[9, 3, 7, 5, 8], undefined]);
  });

  it('should find every exchange though many are apart, and take no more room than there are identifiers', () => {
    const exchanges = new Exchanges<Message>();
    for (let id = 1; id <= 30; id++) exchanges.setApart(begun(exchanges, id, 1));
    const late = begun(exchanges, 65, 1); // in the same place as 1 twice over
    expect([exchanges.get(1)?.packetId, exchanges.get(30)?.packetId, exchanges.get(65)]).to.deep.equal([1, 30, late]);
    const { table } = exchanges as unknown as { table: readonly unknown[] };
    expect(table.length).to.equal(128);
  });

  it('should be a map from identifiers and two orders, whatever happens', () => {
    const step = fc.record({
      does: fc.constantFrom('begin', 'begin', 'begin', 'receive', 'end', 'apart', 'rejoin', 'takeAll'),
      id: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 65_535 })),
      at: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const exchanges = new Exchanges<Message>();
        const map = new Map<number, Message>();
        let order: Message[] = [];
        let received: Message[] = [];
        let apart: Message[] = [];
        const isOut = (one: Message) => received.includes(one) || apart.includes(one);
        for (const { does, id, at } of steps) {
          const some = order[at % order.length];
          const without = (all: Message[]) => all.filter((one) => one !== some);
          if (does === 'begin' && !map.has(id)) {
            const one = begun(exchanges, id, 2);
            map.set(id, one);
            order.push(one);
          } else if (does === 'receive' && some && !received.includes(some)) {
            exchanges.received(some);
            apart = without(apart);
            received.push(some);
          } else if (does === 'end' && some) {
            exchanges.delete(some);
            map.delete(some.packetId);
            [order, received, apart] = [without(order), without(received), without(apart)];
          } else if (does === 'apart' && some && !isOut(some)) {
            exchanges.setApart(some);
            apart.push(some);
          } else if (does === 'rejoin') {
            exchanges.rejoin();
            apart = [];
          } else if (does === 'takeAll') {
            const taken = order.filter((one) => !apart.includes(one));
            expect(exchanges.takeAll()).to.deep.equal(taken);
            for (const { packetId } of taken) map.delete(packetId);
            [order, received] = [order.filter((one) => apart.includes(one)), []];
          }
          expect([...exchanges]).to.deep.equal([...received, ...order.filter((one) => !isOut(one)), ...apart]);
          expect(exchanges.size).to.equal(map.size);
          for (const packetId of [id, ...map.keys()]) expect(exchanges.get(packetId)).to.equal(map.get(packetId));
        }
      }),
    );
  });
});
