import type {
  AcknowledgementPacket,
  AuthPacket,
  Packet,
  PacketType,
  PublishPacket,
  SubscribePacket,
} from '../../codec.js';
import { ProtocolError } from '../../everywhere.js';
import { messageOf } from './BrokerMessage.js';
import type { ServerConnection } from './ServerConnection.js';
import type { Delivery, TestSession } from './TestSession.js';
import { accept, authenticateFurther } from './accept.js';
import { demand } from './demand.js';

type PacketOf<T extends PacketType> = Packet & { readonly type: T };
type Reaction<T extends PacketType> = (at: Served, packet: PacketOf<T>) => void;

/** A connection whose client was let in. */
type Served = ServerConnection & { readonly session: TestSession };

const REACTIONS: { readonly [T in PacketType]?: Reaction<T> } = {
  publish: receivePublish,
  puback: (at, packet) => acknowledged(at, packet, 'puback'),
  pubrec: (at, packet) => acknowledged(at, packet, 'pubrec'),
  pubrel(at, { packetId }) {
    at.expected.came('pubrel', packetId);
    const reasonCode = at.session.incoming.has(packetId) || at.version === 4 ? 0 : 0x92;
    at.send({ type: 'pubcomp', packetId, reasonCode });
  },
  pubcomp(at, { packetId }) {
    const isKnown = at.session.inFlight.has(packetId);
    demand(isKnown, 'MQTT-2.3.1-6', `pubcomp for packet identifier ${packetId}, which is not in use`);
    settle(at, packetId, 0);
  },
  subscribe: receiveSubscribe,
  unsubscribe(at, { packetId, filters }) {
    begin(at, packetId, 'unsubscribe');
    const reasonCodes = filters.map((filter) => (at.session.subscriptions.delete(filter) ? 0 : 0x11));
    at.send({ type: 'unsuback', packetId, reasonCodes: at.version === 5 ? reasonCodes : undefined });
  },
  pingreq: (at) => at.send({ type: 'pingresp' }),
  disconnect(at, { reasonCode = 0, properties }) {
    const expiry = properties?.sessionExpiryInterval;
    const isAllowed = expiry === undefined || expiry === 0 || at.session.expiry > 0;
    demand(isAllowed, 'MQTT5 section 3.14.2.2.2', 'a session expiry interval in DISCONNECT, after 0 in CONNECT');
    if (expiry !== undefined) at.session.expiry = expiry === 0xffff_ffff ? Infinity : expiry;
    at.goodbye = reasonCode;
  },
  auth: receiveAuth,
};

/**
 * Does what a broker does with a packet of a client.
 *
 * @throws {ProtocolError} the client may not send it
 */
export function react(connection: ServerConnection, packet: Packet): void {
  const { type } = packet;
  if (type === 'connect') {
    demand(!(connection as Partial<ServerConnection>).connect, 'MQTT-3.1.0-2', 'a second CONNECT');
    return accept(connection, packet);
  }
  demand((connection as Partial<ServerConnection>).connect, 'MQTT-3.1.0-1', `${type} before CONNECT`);
  if (connection.authenticating === 'first') {
    demand(type === 'auth' || type === 'disconnect', 'MQTT5 section 4.12', `${type} before CONNACK`);
    if (type === 'disconnect') return connection.hangUp();
    return receiveAuth(connection, packet);
  }
  const reaction = REACTIONS[type] as Reaction<PacketType> | undefined;
  demand(reaction, 'MQTT section 2.2.1', `${type} from a client`);
  reaction(connection as Served, packet);
}

/** A packet with an identifier of its own begins. */
function begin(at: Served, packetId: number, type: PacketType): void {
  const other = at.open.get(packetId);
  demand(
    other === undefined,
    'MQTT-2.3.1-2',
    `packet identifier ${packetId} for ${type} while ${String(other)} has it`,
  );
  at.open.set(packetId, type);
}

function receivePublish(at: Served, packet: PublishPacket): void {
  const { around, connect } = at;
  const { qos, packetId } = packet;
  if (!isWithinLimits(at, packet)) return at.hangUp(); // 3.1.1: it could not know
  const topic = topicOf(at, packet);
  const isRepeated = qos > 0 && beginPublish(at, packet);
  const refusal = around.faults.refusalOf(topic);
  const isNew = refusal === undefined && !(isRepeated && qos === 2);
  const count = isNew ? around.state.receive(messageOf(packet, connect.clientId, topic), connect.clientId) : 1;
  if (qos === 0) return;
  const reasonCode = at.version === 4 ? 0 : (refusal ?? (count > 0 ? 0 : 0x10));
  at.send({ type: qos === 1 ? 'puback' : 'pubrec', packetId, reasonCode });
}

/** A QoS 1 or 2 message begins, or is sent again. @returns whether the broker has it already */
function beginPublish(at: Served, { qos, packetId, dup }: PublishPacket): boolean {
  const { incoming } = at.session;
  const before = incoming.get(packetId);
  const isOnNewConnection = before !== undefined && !at.open.has(packetId);
  const isRepeatedHere = dup && before !== undefined && !isOnNewConnection;
  demand(!isRepeatedHere || at.version === 4, 'MQTT5-4.4.0-1', `publish ${packetId} sent again on the same connection`);
  if (before === undefined) checkDebts(at, packetId);
  if (isOnNewConnection && !dup) {
    // What is meant is clear enough to go on.
    at.around.violated(new ProtocolError(`publish ${packetId} sent again without DUP`, 'MQTT-3.3.1-1'));
  }
  if (isOnNewConnection) {
    const isInOrder = before.order > at.lastRepeated;
    demand(isInOrder, 'MQTT-4.6.0-1', `publish ${packetId} sent again behind one that was first sent later`);
    at.lastRepeated = before.order;
  }
  if (!(at.version === 4 && dup && at.open.get(packetId) === 'publish')) begin(at, packetId, 'publish');
  const order = before?.order ?? at.session.received++;
  incoming.set(packetId, { qos, order, isReceived: before?.isReceived ?? false });
  at.session.owed.delete(packetId);
  checkQuota(at);
  return before !== undefined;
}

/** Demands that messages unacknowledged since an earlier connection are sent again before anything new. */
function checkDebts({ session }: Served, packetId: number): void {
  const [debt] = session.owed;
  const what = `publish ${packetId} before ${String(debt)}, unacknowledged since the last connection, was sent again`;
  demand(debt === undefined, 'MQTT-4.4.0-1', what);
}

/** That no more is open than the broker's Receive Maximum. */
function checkQuota(at: Served): void {
  const { receiveMaximum = 65_535 } = at.around.options;
  if (at.version === 4 || at.open.size <= receiveMaximum) return;
  const count = [...at.open.values()].filter((type) => type === 'publish').length;
  const what = `${count} messages unacknowledged, above Receive Maximum ${receiveMaximum}`;
  demand(count <= receiveMaximum, 'MQTT5-3.3.4-7', what, 0x93);
}

/** Whether the broker takes it. With MQTT 5 it must be so: CONNACK has said what it takes. */
function isWithinLimits(at: Served, { qos, retain, properties }: PublishPacket): boolean {
  const { maximumQoS = 2, retainAvailable = true } = at.around.options;
  if (at.version === 4) return qos <= maximumQoS;
  demand(qos <= maximumQoS, 'MQTT5-3.2.2-11', `publish at QoS ${qos}, above Maximum QoS ${maximumQoS}`, 0x9b);
  demand(!retain || retainAvailable, 'MQTT5-3.2.2-14', 'publish with RETAIN, after Retain Available 0', 0x9a);
  demand(!properties?.subscriptionIdentifiers, 'MQTT5-3.3.4-6', 'publish with a subscription identifier');
  return true;
}

function topicOf(at: Served, { topic, properties }: PublishPacket): string {
  const alias = properties?.topicAlias;
  if (alias === undefined) return topic;
  const { topicAliasMaximum = 0 } = at.around.options;
  const what = `topic alias ${alias}, above Topic Alias Maximum ${topicAliasMaximum}`;
  demand(alias <= topicAliasMaximum, topicAliasMaximum === 0 ? 'MQTT5-3.2.2-18' : 'MQTT5-3.2.2-17', what, 0x94);
  if (topic !== '') at.aliases.set(alias, topic);
  const known = at.aliases.get(alias);
  demand(known !== undefined, 'MQTT5 section 3.3.2.3.4', `topic alias ${alias}, which was not set`);
  return known;
}

function acknowledged(at: Served, packet: AcknowledgementPacket, type: 'puback' | 'pubrec'): void {
  const { packetId, reasonCode = 0 } = packet;
  const entry = at.session.inFlight.get(packetId);
  const isDue = at.expected.came(type, packetId) && entry !== undefined;
  if (type === 'pubrec' && reasonCode < 0x80 && entry?.qos === 2) {
    entry.isReceived = true;
    return at.send({ type: 'pubrel', packetId });
  }
  demand(isDue, 'MQTT-2.3.1-6', `${type} for packet identifier ${packetId}, where none is due`);
  settle(at, packetId, reasonCode);
}

/** The client is done with a message. */
function settle({ session, around }: Served, packetId: number, reasonCode: number): void {
  const { topic, payload } = session.inFlight.get(packetId)!.message;
  around.state.acknowledgements.push({ clientId: session.clientId, topic, payload, reasonCode });
  session.settle(packetId);
}

function receiveSubscribe(at: Served, { packetId, subscriptions, properties }: SubscribePacket): void {
  const { around, session, version } = at;
  const { state, faults, options } = around;
  const { maximumQoS = 2, wildcardSubscriptionAvailable, sharedSubscriptionAvailable } = options;
  const identifier = properties?.subscriptionIdentifier;
  begin(at, packetId, 'subscribe');
  const lacks = (isLacking: boolean, section: string, what: string, reasonCode: number) => {
    demand(!isLacking || version === 4, `MQTT5 section 3.2.2.3.${section}`, `${what}, which CONNACK says are not available`, reasonCode); // prettier-ignore
    return isLacking;
  };
  const lacksIdentifiers = options.subscriptionIdentifiersAvailable === false && identifier !== undefined;
  lacks(lacksIdentifiers, '12', 'subscription identifiers', 0xa1);
  const retained: Delivery[] = [];
  const reasonCodes = subscriptions.map((request) => {
    const { filter } = request;
    const isShared = filter.startsWith('$share/');
    const isLacking =
      lacks(wildcardSubscriptionAvailable === false && /[+#]/.test(filter), '11', 'wildcards', 0xa2) ||
      lacks(sharedSubscriptionAvailable === false && isShared, '13', 'shared subscriptions', 0x9e);
    demand(
      version === 4 || !isShared || /^\$share\/[^/+#]+\/./s.test(filter),
      'MQTT5-4.8.2-2',
      `the filter ${filter}`,
      0x8f,
    );
    const refusal = isLacking ? 0x80 : faults.refusalOf(filter);
    if (refusal !== undefined) return version === 4 ? 0x80 : refusal;
    const qos = Math.min(request.qos, maximumQoS) as typeof request.qos;
    retained.push(...state.subscribe(session, { ...request, qos }, identifier));
    return qos;
  });
  at.send({ type: 'suback', packetId, reasonCodes });
  for (const delivery of retained) session.deliver(delivery);
}

function receiveAuth(at: ServerConnection, { reasonCode = 0, properties }: AuthPacket): void {
  const method = at.connect.properties?.authenticationMethod;
  const asked = properties?.authenticationMethod;
  demand(method !== undefined, 'MQTT5-4.12.0-7', 'AUTH after CONNECT without an authentication method');
  demand(asked === method, 'MQTT5-4.12.0-5', `AUTH with the method ${String(asked)} after ${method}`);
  if (at.authenticating) demand(reasonCode === 0x18, 'MQTT5-4.12.0-3', `AUTH with reason code ${reasonCode}`);
  else {
    demand(reasonCode === 0x19, 'MQTT5 section 4.12.1', `AUTH with reason code ${reasonCode}`);
    at.authenticating = 'again';
  }
  authenticateFurther(at, properties?.authenticationData);
}
