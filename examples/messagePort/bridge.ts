import type { Subscription } from 'rxjs';
import type { MqttError, Transport } from '../../lib/index.js';
import { type PortMessage, postBytes } from './portTransport.js';

/** The other end of `portTransport`: opens one connection, and joins it with the port until either of them ends. */
export function bridge(port: MessagePort, transport: Transport): Subscription {
  const post = (message: PortMessage) => port.postMessage(message);
  const ended = (error?: MqttError) => {
    post({ type: 'end', ...(error && { error: error.message }) });
    connection.unsubscribe();
  };

  const connection = transport.subscribe({
    next(duplex) {
      port.onmessage = ({ data }: MessageEvent<PortMessage>) => {
        if (data.type === 'bytes') duplex.write(data.bytes);
        else connection.unsubscribe();
      };
      post({ type: 'open' });
      connection.add(
        duplex.bytes$.subscribe({
          next: (bytes) => postBytes(port, bytes),
          error: ended,
          complete: () => ended(),
        }),
      );
    },
    error: ended,
  });
  port.onmessage ??= () => connection.unsubscribe(); // given up before it was open
  connection.add(() => port.close());
  return connection;
}
