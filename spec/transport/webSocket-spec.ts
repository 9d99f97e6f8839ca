import { expect } from 'chai';
import { firstValueFrom } from 'rxjs';
import { ConnectionFailedError, ConnectionLostError, InvalidOptionsError, ProtocolError } from '../../lib/errors.js';
import { createClient } from '../../lib/index.browser.js';
import type { WebSocketLike, WebSocketOptions } from '../../lib/transport/WebSocketLike.js';
import { webSocket } from '../../lib/transport/webSocket.js';
import { watch } from '../support/watch.js';

/** A WebSocket that does what the spec says. */
class FakeWebSocket implements WebSocketLike {
  static made: FakeWebSocket[] = [];
  readyState = 0;
  protocol = '';
  bufferedAmount = 0;
  binaryType = 'blob';
  onopen: ((event: object) => unknown) | null = null;
  onmessage: ((event: { data: unknown }) => unknown) | null = null;
  onerror: ((event: object) => unknown) | null = null;
  onclose: ((event: { code: number; reason: string }) => unknown) | null = null;
  readonly sent: Uint8Array[] = [];
  readonly closedWith: (number | undefined)[] = [];
  readonly arguments: unknown[];

  constructor(...args: [url: string, protocols: string[], options: object]) {
    this.arguments = args;
    FakeWebSocket.made.push(this);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.({});
  }

  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }

  close(code?: number): void {
    this.closedWith.push(code);
    this.readyState = 2;
  }
}

describe('webSocket', () => {
  beforeEach(() => (FakeWebSocket.made = []));

  /** Dials, and opens unless it is told not to. */
  function dial(options: WebSocketOptions = {}, { url = 'ws://broker/mqtt', open = true } = {}) {
    const dialled = watch(webSocket(url, { WebSocketCtor: FakeWebSocket, ...options }));
    const socket = FakeWebSocket.made.at(-1)!;
    if (open) socket.open();
    return { dialled, socket, duplex: dialled.values[0]! };
  }

  it('should dial at each subscription and not before', () => {
    const transport = webSocket('ws://broker', { WebSocketCtor: FakeWebSocket });
    expect(FakeWebSocket.made).to.have.length(0);
    watch(transport);
    watch(transport);
    expect(FakeWebSocket.made).to.have.length(2);
  });

  it('should offer the subprotocol mqtt [MQTT-6.0.0-3], or those of the options, and pass other options on', () => {
    const headers = { Authorization: 'Bearer x' };
    expect(dial().socket.arguments).to.deep.equal(['ws://broker/mqtt', ['mqtt'], {}]);
    const { socket } = dial({ protocols: ['mqtt', 'mqttv3.1'], headers });
    expect(socket.arguments.slice(1)).to.deep.equal([['mqtt', 'mqttv3.1'], { headers }]);
    expect(dial({ protocols: 'x' }).socket.arguments[1]).to.deep.equal(['x']);
  });

  it('should use the global WebSocket that is there when it dials', () => {
    const transport = webSocket('ws://broker');
    const globals = globalThis as { WebSocket?: unknown };
    const before = globals.WebSocket;
    globals.WebSocket = FakeWebSocket;
    watch(transport);
    globals.WebSocket = before;
    expect(FakeWebSocket.made).to.have.length(1);
  });

  it('should not send user name and password of the URL to the HTTP server', () => {
    const { socket } = dial({}, { url: 'wss://me:se%40cret@broker/a@b?c=@d' });
    expect(socket.arguments[0]).to.equal('wss://broker/a@b?c=@d');
  });

  it('should emit once, when the WebSocket is open, and stay silent', () => {
    const { dialled, socket } = dial({}, { open: false });
    expect(dialled.values).to.have.length(0);
    socket.open();
    expect(dialled.values).to.have.length(1);
    expect([dialled.ends, socket.binaryType]).to.deep.equal([0, 'arraybuffer']);
  });

  it('should carry bytes both ways in binary frames [MQTT-6.0.0-1]', () => {
    const { duplex, socket } = dial();
    const received = watch(duplex.bytes$);
    duplex.write(Uint8Array.of(1, 2));
    expect(socket.sent).to.deep.equal([Uint8Array.of(1, 2)]);
    for (const bytes of [[3], [4, 5]]) socket.onmessage?.({ data: Uint8Array.from(bytes).buffer });
    expect(received.values).to.deep.equal([Uint8Array.of(3), Uint8Array.of(4, 5)]);
    socket.bufferedAmount = 7;
    expect(duplex.buffered).to.equal(7);
  });

  it('should close at a text frame, and take nothing after it [MQTT-6.0.0-1]', () => {
    const { duplex, socket } = dial();
    const received = watch(duplex.bytes$);
    socket.onmessage?.({ data: 'text' });
    socket.onmessage?.({ data: new ArrayBuffer(1) });
    duplex.write(Uint8Array.of(1));
    expect(received.error).to.be.instanceOf(ProtocolError).with.property('clause', 'MQTT-6.0.0-1');
    expect([received.values, socket.closedWith, socket.sent]).to.deep.equal([[], [1000], []]);
  });

  for (const [reason, words] of [
    ['going away', 'the WebSocket closed with code 1001 going away'],
    ['', 'the WebSocket closed with code 1001'],
  ] as const) {
    it(`should say with which code the server closed, and why: "${reason}"`, () => {
      const { duplex, socket } = dial();
      const received = watch(duplex.bytes$);
      socket.onclose?.({ code: 1001, reason });
      expect(received.error)
        .to.be.instanceOf(ConnectionLostError)
        .and.include({
          message: `the connection to ws://broker/mqtt ended: ${words}`,
          closeCode: 1001,
          closeReason: reason,
        });
    });
  }

  it('should say why the connection ended to a reader that subscribes later', () => {
    const { duplex, socket } = dial();
    socket.onclose?.({ code: 1006, reason: '' });
    expect(watch(duplex.bytes$).error).to.be.instanceOf(ConnectionLostError).with.property('closeCode', 1006);
  });

  it('should error when it does not open, without what is secret in the URL', () => {
    const { dialled, socket } = dial({}, { url: 'wss://me:secret@broker/mqtt?signature=secret', open: false });
    socket.onerror?.({}); // all that a browser says
    expect(dialled.ends).to.equal(0);
    socket.onclose?.({ code: 1006, reason: '' });
    expect(dialled.error).to.be.instanceOf(ConnectionFailedError);
    expect(dialled.error).to.have.property(
      'message',
      'cannot connect to wss://broker/mqtt: the WebSocket closed with code 1006; the port must be for MQTT over WebSocket, a console may say more',
    );
  });

  it('should error with the cause where the WebSocket names one', () => {
    const { dialled, socket } = dial({}, { open: false });
    const error = new Error('Unexpected server response: 401');
    socket.onerror?.({ error, message: error.message });
    socket.onclose?.({ code: 1006, reason: '' });
    expect(dialled.error).to.be.instanceOf(ConnectionFailedError).with.property('cause', error);
    expect(dialled.error).to.have.property('message').that.contains('401');
  });

  it('should error when the WebSocket cannot be made', () => {
    const cause = new Error('an insecure connection may not be opened from a page loaded over HTTPS');
    class Throwing extends FakeWebSocket {
      constructor(...args: [string, string[], object]) {
        super(...args);
        throw cause;
      }
    }
    const { error } = watch(webSocket('ws://broker', { WebSocketCtor: Throwing }));
    expect(error).to.be.instanceOf(ConnectionFailedError).with.property('cause', cause);
    expect(error).to.have.property('message').that.contains('insecure');
  });

  for (const name of ['SyntaxError', 'SecurityError', 'TypeError', 'RangeError']) {
    it(`should give up for good when the class refuses URL, subprotocol or options: ${name}`, () => {
      class Refusing extends FakeWebSocket {
        constructor(...args: [string, string[], object]) {
          super(...args);
          throw Object.assign(new Error('refused wss://broker/?signature=secret'), { name });
        }
      }
      const { error } = watch(webSocket('wss://broker/?signature=secret', { WebSocketCtor: Refusing }));
      expect(error).to.be.instanceOf(InvalidOptionsError).with.property('option', 'webSocket');
      expect(error).to.have.property('message').that.contains('refused').and.does.not.contain('secret');
    });
  }

  it('should refuse a class that is none', () => {
    expect(() => webSocket('ws://broker', { WebSocketCtor: {} as never })).to.throw(
      InvalidOptionsError,
      /WebSocketCtor/,
    );
    const { error } = watch(webSocket('ws://broker', { WebSocketCtor: (() => undefined) as never }));
    expect(error).to.be.instanceOf(InvalidOptionsError);
  });

  it('should let a client be made where there is no WebSocket class, and say what to do when it dials', async () => {
    const globals = globalThis as { WebSocket?: unknown };
    const before = globals.WebSocket;
    globals.WebSocket = undefined;
    const client = createClient('wss://broker/mqtt'); // as during server rendering
    const error = await firstValueFrom(client.connection$).catch((cause: unknown) => cause);
    globals.WebSocket = before;
    expect(error).to.be.instanceOf(InvalidOptionsError).with.property('option', 'webSocket.WebSocketCtor');
    expect(error).to.have.property('message').that.contains('give a WebSocket class');
  });

  it('should close with 1000 when it hangs up, and write nothing any more', () => {
    const { dialled, duplex, socket } = dial();
    duplex.write(Uint8Array.of(0xe0, 0));
    dialled.unsubscribe();
    duplex.write(Uint8Array.of(1));
    expect([socket.closedWith, socket.sent]).to.deep.equal([[1000], [Uint8Array.of(0xe0, 0)]]);
  });

  it('should close when it is unsubscribed while dialling, and say nothing', () => {
    const { dialled, socket } = dial({}, { open: false });
    dialled.unsubscribe();
    expect(socket.closedWith).to.deep.equal([1000]);
    socket.onerror?.({ message: 'closed before the connection was established' });
    socket.onclose?.({ code: 1006, reason: '' });
    expect(dialled).to.include({ ends: 0, error: undefined });
  });
});
