import { Observable, type Subscription } from 'rxjs';
import {
  type ConnectPacket,
  type Packet,
  type ProtocolVersion,
  type PublishPacket,
  decodePackets,
  encode,
} from '../../codec.js';
import { PacketTooLargeError, ProtocolError } from '../../everywhere.js';
import type { MemoryPeer } from '../../transport/memory.js';
import type { TestBrokerOptions } from './TestBrokerOptions.js';
import { Acknowledgements } from './Acknowledgements.js';
import { messageOf } from './BrokerMessage.js';
import type { BrokerState } from './BrokerState.js';
import type { Faults } from './Faults.js';
import { Sender } from './Sender.js';
import { Silence } from './Silence.js';
import type { TestSession } from './TestSession.js';
import type { Wire } from './Wire.js';
import { demand } from './demand.js';
import { later } from './later.js';

/** What all connections of a broker have in common. */
export interface Surroundings {
  readonly options: TestBrokerOptions;
  readonly state: BrokerState;
  readonly faults: Faults;
  /** Takes a packet of a client. */
  readonly react: (connection: ServerConnection, packet: Packet) => void;
  /** Called with what a client does against the protocol. */
  readonly violated: (error: ProtocolError) => void;
  /** Called when something is sent or comes, for `settled()`. */
  readonly moved: () => void;
  /** Called when nothing more comes of a connection. */
  readonly gone: (connection: ServerConnection) => void;
}

/** One connection, from the first byte to the last: what is forgotten with it. */
export class ServerConnection implements Wire {
  connect!: ConnectPacket;
  session: TestSession | undefined;
  /** The enhanced authentication that goes on: before CONNACK, or again. */
  authenticating: 'first' | 'again' | undefined;
  receiveMaximum = Infinity;
  /** The topics of the client's topic aliases. */
  readonly aliases = new Map<number, string>();
  /** QoS 1 and 2 messages, SUBSCRIBE and UNSUBSCRIBE that came here and whose last answer has not left. */
  readonly open = new Map<number, Packet['type']>();
  /** The place, in the order of the first sending, of the message that was sent again last. */
  lastRepeated = -1;
  /** What the client has to acknowledge, in order. */
  readonly expected = new Acknowledgements();
  readonly sender: Sender;
  /** DISCONNECT has come: with 4 the will is published. */
  goodbye: number | undefined;
  private readonly reading: Subscription;
  /** The topic aliases that the client knows, by topic. */
  private readonly sentAliases = new Map<string, number>();
  private keepAlive: Subscription | undefined;
  private readonly silence = new Silence();
  /** Whether CONNACK has left: only then does the client know that it must not fall silent. */
  private isAnswered = false;
  private isOver = false;
  /** What comes is not heard. */
  private isDeaf = false;

  constructor(
    peer: MemoryPeer,
    readonly around: Surroundings,
  ) {
    this.sender = new Sender(peer, around.faults, (packet) => this.left(packet));
    const { maximumPacketSize: maxPacketSize } = around.options;
    this.reading = this.untilGoodbye(peer.bytes$)
      .pipe(decodePackets({ protocolVersion: 'auto', maxPacketSize }))
      .subscribe({
        next: (packet) => this.receive(packet),
        error: (error: unknown) => this.failed(error),
        complete: () => {
          this.sender.stop();
          this.leave();
        },
      });
  }

  get version(): ProtocolVersion {
    return this.sender.protocolVersion;
  }

  /** What CONNECT said. Opens nothing yet. */
  begin(connect: ConnectPacket): void {
    const { protocolVersion = 4, properties } = connect;
    this.connect = { ...connect, protocolVersion };
    this.sender.protocolVersion = protocolVersion;
    if (protocolVersion === 5) this.receiveMaximum = properties?.receiveMaximum ?? 65_535;
  }

  /** Closes when nothing comes for one and a half times as long [MQTT-3.1.2-24]. @param seconds 0: never */
  watchKeepAlive(seconds: number): void {
    const patience = seconds * 1_500;
    const look = (wait: number) => {
      this.keepAlive = later(wait, () => {
        const left = patience * (this.silence.isCertain ? 1 : 2) - this.silence.length;
        if (left > 0) look(left);
        else this.missed(seconds);
      });
    };
    if (seconds > 0) look(patience);
  }

  send(packet: Packet): void {
    if (!this.isOver) this.sender.send(packet);
  }

  publish(given: PublishPacket): boolean {
    const isOf5 = this.version === 5;
    const { topicAliasMaximum = 0, maximumPacketSize = Infinity } = this.connect.properties ?? {};
    const { topic, properties } = given;
    const known = this.sentAliases.get(topic);
    const topicAlias = known ?? (this.sentAliases.size < topicAliasMaximum ? this.sentAliases.size + 1 : undefined);
    const packet: PublishPacket = {
      ...given,
      topic: known === undefined ? topic : '',
      properties: isOf5 ? { ...properties, topicAlias } : undefined,
    };
    if (encode(packet, { protocolVersion: this.version }).length > maximumPacketSize) return false;
    if (topicAlias !== undefined) this.sentAliases.set(topic, topicAlias);
    this.send(packet);
    return true;
  }

  close(reasonCode: number): void {
    const isElsewhere = reasonCode === 0x9c || reasonCode === 0x9d;
    const properties = isElsewhere ? { serverReference: this.around.options.serverReference } : undefined;
    if (this.version === 5 && this.session) this.send({ type: 'disconnect', reasonCode, properties });
    this.hangUp();
  }

  /** Closes without a word. */
  hangUp(): void {
    this.sender.close();
    this.leave();
  }

  /** Breaks the connection, as the end of a process would: no will. */
  kill(): void {
    this.goodbye = 0;
    this.drop();
  }

  /** Breaks the connection. */
  drop(): void {
    this.sender.fail();
    this.leave();
  }

  /** The client did something against the protocol [MQTT-4.8.0-1]. */
  violate(error: ProtocolError): void {
    this.close(error.reasonCode);
    this.around.violated(error);
  }

  /** No packet comes through any more, and nobody is told. */
  becomeHalfOpen(): void {
    this.sender.isMute = true;
    this.isDeaf = true;
  }

  /** Closes behind the chunk with DISCONNECT: what follows in it is a fault of the client's. */
  private untilGoodbye(bytes$: Observable<Uint8Array>): Observable<Uint8Array> {
    return new Observable((chunks) =>
      bytes$.subscribe({
        next: (chunk) => {
          chunks.next(chunk);
          if (this.goodbye !== undefined) this.hangUp();
        },
        complete: () => chunks.complete(),
      }),
    );
  }

  /** Closes after too long a silence. The client is blamed only where it is certainly at fault. */
  private missed(seconds: number): void {
    if (this.isDeaf || !this.isAnswered || !this.silence.isCertain) return this.close(0x8d);
    const what = `nothing came for ${seconds * 1.5} s, with a keep-alive of ${seconds} s: no packet, and no PINGREQ`;
    this.violate(new ProtocolError(what, 'MQTT-3.1.2-23', { reasonCode: 0x8d }));
  }

  private receive(packet: Packet): void {
    this.around.moved();
    if (this.isDeaf) return;
    this.silence.end();
    try {
      demand(this.goodbye === undefined, 'MQTT-3.14.4-2', `${packet.type} after DISCONNECT`);
      if (!this.isOver) this.around.react(this, packet);
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    if (this.isDeaf) return;
    if (error instanceof PacketTooLargeError) {
      if (this.version === 4) return this.hangUp(); // it could not know
      error = new ProtocolError(error.message, 'MQTT5-3.2.2-15', { reasonCode: 0x95, cause: error });
    }
    if (!(error instanceof ProtocolError)) throw error;
    if (!this.session && error.reasonCode === 0x84)
      this.send({ type: 'connack', sessionPresent: false, reasonCode: 1 });
    this.violate(error);
  }

  /** What a packet that leaves means for what the client may do from now on. */
  private left(packet: Packet): void {
    this.around.moved();
    this.expected.sent(packet);
    if (packet.type === 'connack') {
      this.isAnswered = true;
      this.silence.end();
    }
    if (!('packetId' in packet) || packet.type === 'publish' || packet.type === 'pubrel') return;
    const isRefusal = packet.type === 'pubrec' && (packet.reasonCode ?? 0) >= 0x80;
    if (packet.type === 'pubrec' && !isRefusal) {
      const message = this.session?.incoming.get(packet.packetId);
      if (message) message.isReceived = true;
      return;
    }
    this.open.delete(packet.packetId);
    this.session?.incoming.delete(packet.packetId);
    this.session?.owed.delete(packet.packetId);
  }

  /** The connection is gone, for whatever reason. */
  private leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.reading.unsubscribe();
    this.keepAlive?.unsubscribe();
    this.around.gone(this);
    if (this.session?.connection === this) this.leaveSession(this.session);
  }

  private leaveSession(session: TestSession): void {
    const { state } = this.around;
    session.leave();
    const { will, clientId } = this.connect;
    if (will && (this.goodbye === undefined || this.goodbye === 4)) {
      const publish = () => {
        session.will?.timer.unsubscribe();
        session.will = undefined;
        state.receive(messageOf(will, clientId), clientId, true);
      };
      const delay = Math.min(will.properties?.willDelayInterval ?? 0, session.expiry);
      if (delay > 0) session.will = { timer: later(delay * 1_000, publish), publish };
      else publish();
    }
    if (session.expiry === 0) state.end(session);
  }
}
