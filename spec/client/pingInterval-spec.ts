import { expect } from 'chai';
import type { Subscription } from 'rxjs';
import { message } from '../support/message.js';
import { type Stage, clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

/** A WebSocket class that leads to the scripted broker. */
function webSocketTo(on: Stage) {
  return class {
    readyState = 0;
    readonly protocol = 'mqtt';
    readonly bufferedAmount = 0;
    binaryType = '';
    onopen: ((event: never) => unknown) | null = null;
    onmessage: ((event: never) => unknown) | null = null;
    onerror: ((event: never) => unknown) | null = null;
    onclose: ((event: never) => unknown) | null = null;
    private dialled: Subscription | undefined;
    private write: (bytes: Uint8Array) => void = () => undefined;

    constructor() {
      void Promise.resolve().then(() => {
        this.dialled = on.broker.transport.subscribe((duplex) => {
          this.write = (bytes) => duplex.write(bytes);
          duplex.bytes$.subscribe((bytes) => this.onmessage?.({ data: new Uint8Array(bytes).buffer } as never));
          this.readyState = 1;
          this.onopen?.(undefined as never);
        });
      });
    }

    send(bytes: never): void {
      this.write(bytes);
    }

    close(): void {
      this.dialled?.unsubscribe();
    }
  };
}

clientSpecs('keepAlive and pingInterval', (on) => {
  /** What CONNECT promises, and after how many seconds of silence the first PINGREQ comes. */
  const pulse = async (options: object) => {
    const { client, server } = await on.online(options);
    const start = on.clock.now;
    const promised = server.received.flatMap((packet) => (packet.type === 'connect' ? [packet.keepAlive] : []));
    for (let i = 0; i < 400 && server.take('pingreq').length === 0; i++) await on.tick(500);
    watch(client.end());
    await on.settle();
    return [...promised, (on.clock.now - start) / 1_000];
  };
  const overWebSocket = (options: object) => ({
    server: 'ws://broker',
    webSocket: { WebSocketCtor: webSocketTo(on) },
    ...options,
  });

  for (const [options, socket, webSocket] of [
    [{}, [60, 60], [120, 30]],
    [{ keepAlive: 20 }, [20, 20], [20, 20]],
    [{ keepAlive: 50 }, [50, 50], [50, 30]],
    [{ keepAlive: 100 }, [100, 60], [100, 30]],
    [{ pingInterval: 15 }, [60, 15], [120, 15]],
    [{ pingInterval: 45 }, [60, 45], [120, 45]],
    [{ keepAlive: 90, pingInterval: 15 }, [90, 15], [90, 15]],
    [{ keepAlive: 90, pingInterval: 90 }, [90, 90], [90, 90]],
    [{ pingInterval: 110 }, [60, 60], [120, 110]], // never more than keepAlive
  ] as const) {
    it(`should promise and ping: ${JSON.stringify(options)}`, async () => {
      expect(await pulse(options), 'over a socket').to.deep.equal(socket);
      expect(await pulse(overWebSocket(options)), 'over WebSocket').to.deep.equal(webSocket);
    });
  }

  it('should promise nothing and never ping with keepAlive 0', async () => {
    for (const options of [{ keepAlive: 0 }, { keepAlive: 0, pingInterval: 10 }]) {
      expect(await pulse(options)).to.deep.equal([0, 200]);
      expect(await pulse(overWebSocket(options))).to.deep.equal([0, 200]);
    }
  });

  it('should ping after silence of the server alone, within pingInterval, however much is sent', async () => {
    const { client, server } = await on.online({ keepAlive: 60, pingInterval: 10 });
    for (let i = 0; i < 10; i++) {
      watch(client.publish('a', 'x'));
      await on.tick(1_000);
    }
    expect(server.take('pingreq').length).to.equal(1);
  });

  it('should ping after silence of the client alone, however much comes [MQTT-3.1.2-23]', async () => {
    const { server } = await on.online({ keepAlive: 60, pingInterval: 10 });
    for (let i = 0; i < 10; i++) {
      server.send(message('a', 'x'));
      await on.tick(1_000);
    }
    expect(server.take('pingreq').length).to.equal(1);
  });

  it('should be refused at once when they are wrong', () => {
    for (const pingInterval of [0, -1, 1.5, NaN, Infinity, 65_536, '30', null]) {
      const make = () => on.client({ pingInterval: pingInterval as number });
      expect(make, String(pingInterval)).to.throw(/pingInterval/);
    }
    expect(() => on.client({ keepAlive: 30, pingInterval: 31 })).to.throw(/pingInterval.*from 1 to 30/);
    expect(() => on.client({ keepAlive: 30, pingInterval: 30 })).not.to.throw();
    expect(() => on.client({ pingInterval: 65_535 })).to.throw(/pingInterval/, 'above the default keepAlive');
    expect(() => on.client({ keepAlive: 65_535, pingInterval: 65_535 })).not.to.throw();
  });
});
