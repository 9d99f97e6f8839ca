import { expect } from 'chai';
import type { Packet, PublishPacket } from '../../lib/packet/Packet.js';
import { Inbox } from '../../lib/session/Inbox.js';
import { OpenMessage } from '../../lib/session/OpenMessage.js';
import { LIMITS_OF_311 } from '../../lib/session/ServerLimits.js';
import { Window } from '../../lib/session/Window.js';

const LIMITS_OF_5 = { ...LIMITS_OF_311, protocolVersion: 5 } as const;

const message = (packetId: number): PublishPacket => ({
  type: 'publish',
  topic: 'a',
  payload: new Uint8Array(0),
  qos: 2,
  retain: false,
  dup: false,
  packetId,
});

/** An inbox of whose messages one listener claims each, and what it does. */
function claimedInbox() {
  const delivered: OpenMessage[] = [];
  const effects: (Packet | string)[] = [];
  const deliver = ({ qos, packetId }: PublishPacket) => {
    const open = new OpenMessage(qos, packetId);
    open.claim();
    open.answered(); // the delivery itself
    delivered.push(open);
    return open;
  };
  const window = new Window(10);
  const inbox = new Inbox(
    10,
    {
      wire: { send: (packet) => effects.push(packet) },
      keeper: {
        keepReceived: (packetId) => effects.push(`keep ${packetId}`),
        forgetReceived: (packetId) => effects.push(`forget ${packetId}`),
      },
      application: { deliver },
      surroundings: { fail: () => undefined, renew: () => undefined, read: () => undefined },
    },
    window,
  );
  return { inbox, window, delivered, effects };
}

describe('Inbox', () => {
  it('should take a refusal for an acknowledgement where MQTT 3.1.1 cannot say it, and not deliver the message again [MQTT-4.3.3-2]', () => {
    const { inbox, window, delivered, effects } = claimedInbox();
    window.open(LIMITS_OF_5);
    inbox.up(false);
    inbox.receive(message(1));
    inbox.down();
    delivered[0]!.acknowledge(0x83);
    inbox.decided(delivered[0]!);
    window.open(LIMITS_OF_311);
    for (let connection = 0; connection < 2; connection++) {
      inbox.up(true);
      inbox.receive(message(1)); // its PUBREC is lost
      inbox.down();
    }
    expect(effects).to.deep.equal(['keep 1', { type: 'pubrec', packetId: 1 }, { type: 'pubrec', packetId: 1 }]);
    expect(delivered).to.have.length(1);
  });
});
