import { expect } from 'chai';
import { NEVER } from 'rxjs';
import { Link } from '../../lib/connection/Link.js';
import { Traffic } from '../../lib/connection/Traffic.js';
import type { PublishPacket } from '../../lib/packet/Packet.js';

const MESSAGE: PublishPacket = {
  type: 'publish',
  topic: 'a',
  payload: new Uint8Array(1),
  qos: 0,
  retain: false,
  dup: false,
  packetId: 0,
};

describe('what a link says that the transport has taken', () => {
  it('should not be a message that is published while the transport takes others', () => {
    const answers = [() => link.publish(MESSAGE)];
    const write = () => answers.shift()?.();
    const records = { traffic: new Traffic(), events: { observed: false, next: () => undefined } };
    const link = new Link({ bytes$: NEVER, write, buffered: 0 }, records, () => undefined, 1_000);
    link.publish(MESSAGE);
    link.flush();
    expect(link.taken).to.equal(1);
    link.flush();
    expect(link.taken).to.equal(2);
  });
});
