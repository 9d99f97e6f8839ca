import { expect } from 'chai';
import type { QoS } from '../../lib/packet/Packet.js';
import { Exchanges } from '../../lib/session/Exchanges.js';
import { Sent } from './Sent.js';

function begun(exchanges: Exchanges<Sent<string>>, packetId: number, qos: QoS): Sent<string> {
  const outgoing = new Sent(`m${packetId}`, new Uint8Array(0), qos, false, '');
  outgoing.packetId = packetId;
  exchanges.add(outgoing);
  return outgoing;
}

const ids = (outgoing: Iterable<Sent<string>>) => [...outgoing].map(({ packetId }) => packetId);

describe('Exchanges', () => {
  it('should know what each exchange waits for', () => {
    const exchanges = new Exchanges<Sent<string>>();
    const a = begun(exchanges, 1, 1);
    const b = begun(exchanges, 2, 2);
    expect([a.awaited, b.awaited]).to.deep.equal(['puback', 'pubrec']);
    exchanges.release(b);
    expect(b.awaited).to.equal('pubcomp');
  });

  it('should find an exchange by its identifier until it is over [MQTT-2.3.1-3]', () => {
    const exchanges = new Exchanges<Sent<string>>();
    const a = begun(exchanges, 1, 1);
    const b = begun(exchanges, 65_535, 2);
    exchanges.release(b);
    expect([exchanges.size, exchanges.get(1), exchanges.get(65_535), exchanges.get(2)]).to.deep.equal([2, a, b, undefined]); // prettier-ignore
    exchanges.delete(a);
    expect([exchanges.size, exchanges.has(1), exchanges.has(65_535)]).to.deep.equal([1, false, true]);
    exchanges.delete(b);
    expect([exchanges.size, exchanges.has(65_535)]).to.deep.equal([0, false]);
  });

  it('should be in resend order: PUBRELs as the PUBRECs came, then PUBLISHes as they were sent [MQTT-4.6.0-1] [MQTT-4.6.0-4]', () => {
    const exchanges = new Exchanges<Sent<string>>();
    const all = [9, 3, 7, 5, 8].map((id) => begun(exchanges, id, 2));
    exchanges.release(all[3]!);
    exchanges.release(all[0]!);
    begun(exchanges, 2, 1);
    expect(ids(exchanges)).to.deep.equal([5, 9, 3, 7, 8, 2]);
  });

  it('should give all away in the order of the first PUBLISH, and be empty then', () => {
    const exchanges = new Exchanges<Sent<string>>();
    const all = [9, 3, 7].map((id) => begun(exchanges, id, 2));
    exchanges.release(all[2]!);
    exchanges.release(all[1]!);
    expect(ids(exchanges.takeAll())).to.deep.equal([9, 3, 7]);
    expect([exchanges.size, ids(exchanges)]).to.deep.equal([0, []]);
  });
});
