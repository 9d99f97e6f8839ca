import { connect } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { breakOff } from '../../house/proxy.js';
import { addressOf } from '../../house/reach.js';
import type { Network } from '../Network.js';

/** Joins a WebSocket of a page and a TCP connection to the broker, through the network between them. */
export function join(socket: WebSocket, broker: URL, network: Network): void {
  const far = connect(addressOf(broker));
  const passage = network.open(() => {
    breakOff(far);
    socket.terminate();
  });
  socket.on('error', () => undefined);
  socket.on('message', (data: RawData) => passage.up.pass(() => far.write(bytesOf(data))));
  socket.once('close', () => passage.leave(() => far.end()));
  far.on('data', (bytes) => passage.down.pass(() => socket.send(bytes)));
  far.on('error', () => undefined);
  far.once('close', (isBroken) => {
    // Through the lane, behind what it said last; a broken connection loses that, as it does on a real way.
    if (!isBroken) return passage.down.pass(() => socket.close(1_000));
    socket.terminate();
    passage.close();
  });
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
