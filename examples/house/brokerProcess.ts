// The embedded broker: a process of its own, so that what the demo shows went over real TCP between real processes.
// It listens on a free port, tells its parent which, and ends with its parent.
import { Aedes } from 'aedes';
import { type AddressInfo, createServer } from 'node:net';

/** What of an aedes persistence is put right here. */
interface OutgoingStore {
  outgoingUpdate(client: unknown, packet: { cmd: string; messageId?: number }): Promise<void>;
}

/**
 * aedes-persistence 11.0.0 finds the entry of a PUBREL by `brokerId` and `brokerCounter`, which a PUBREL does not have:
 * two of them at a time are taken for the same one, the PUBLISH of the second stays in the queue, and the next
 * reconnect delivers it again, although its PUBREL was sent [MQTT-4.3.3-1]. An identity of its own is what it lacks.
 */
function tellPubrelsApart(store: OutgoingStore): void {
  const update = store.outgoingUpdate.bind(store);
  store.outgoingUpdate = (client, packet) =>
    update(
      client,
      packet.cmd === 'pubrel' ? Object.assign(packet, { brokerId: 'pubrel', brokerCounter: packet.messageId }) : packet,
    );
}

const broker = await Aedes.createBroker();
tellPubrelsApart((broker as unknown as { persistence: OutgoingStore }).persistence);
const server = createServer(broker.handle);

server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('SIGINT', () => undefined); // Ctrl-C goes to the whole group, and the demo still has to drain
process.once('disconnect', () => process.exit());
