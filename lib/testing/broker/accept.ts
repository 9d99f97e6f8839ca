import type { ConnackPacket, ConnectPacket } from '../../codec.js';
import type { ServerConnection } from './ServerConnection.js';

/** The return codes of MQTT 3.1.1 for reason codes of MQTT 5. Whatever has none is 3, server unavailable. */
const RETURN_CODES: Readonly<Record<number, number>> = { 0x84: 1, 0x85: 2, 0x86: 4, 0x8c: 5, 0x87: 5, 0x8a: 5 };
const NEVER = 0xffff_ffff;

/** How many clients were given an identifier. */
const assigned = new WeakMap<object, number>();

/** Takes CONNECT. */
export function accept(connection: ServerConnection, connect: ConnectPacket): void {
  const { options, faults } = connection.around;
  connection.begin(connect);
  const { protocolVersion: only = connection.version, authenticate, maximumQoS = 2, retainAvailable = true } = options;
  const { will, properties } = connect;
  if (only !== connection.version) {
    connection.sender.protocolVersion = only; // in its own words
    return refuse(connection, 0x84);
  }
  const refusal = faults.takeRefusal();
  if (refusal !== undefined) return refuse(connection, refusal);
  if (will && will.qos > maximumQoS) return refuse(connection, 0x9b); // [MQTT5-3.2.2-12]
  if (will?.retain && !retainAvailable) return refuse(connection, 0x9a); // [MQTT5-3.2.2-13]
  const verdict = authenticate?.(connect) ?? true;
  if (verdict !== true) return refuse(connection, verdict === false ? 0x86 : verdict);
  const method = properties?.authenticationMethod;
  if (method === undefined) return welcome(connection);
  if (method !== options.authentication?.method) return refuse(connection, 0x8c);
  connection.authenticating = 'first';
  authenticateFurther(connection, properties?.authenticationData);
}

/** Has the test answer the Authentication Data of CONNECT or AUTH. */
export function authenticateFurther(connection: ServerConnection, data: Uint8Array | undefined): void {
  const authentication = connection.around.options.authentication!;
  const { method: authenticationMethod } = authentication;
  const { authenticating } = connection;
  const answer = authentication.respond(data);
  if (answer instanceof Uint8Array) {
    const properties = { authenticationMethod, authenticationData: answer };
    return connection.send({ type: 'auth', reasonCode: 0x18, properties });
  }
  const authenticationData = typeof answer === 'object' ? answer.success : undefined;
  connection.authenticating = undefined;
  if (authenticating === 'first') return answer ? welcome(connection, authenticationData) : refuse(connection, 0x87);
  const properties = { authenticationMethod, authenticationData };
  if (answer) connection.send({ type: 'auth', reasonCode: 0, properties });
  else connection.close(0x87); // [MQTT5-4.12.1-2]
}

/** Lets the client in. @param authenticationData what ends an enhanced authentication */
function welcome(connection: ServerConnection, authenticationData?: Uint8Array): void {
  const { state, options } = connection.around;
  const { connect, version } = connection;
  const { cleanStart, properties: asked = {} } = connect;
  const clientId = connect.clientId || `assigned-${next(state)}`;
  connection.connect = { ...connect, clientId };
  const before = state.sessions().find((session) => session.clientId === clientId);
  before?.connection?.close(0x8e); // [MQTT-3.1.4-2]
  const { session, isPresent } = state.session(clientId, cleanStart);
  session.will?.timer.unsubscribe(); // it is back in time [MQTT5-3.1.3-9]
  session.will = undefined;

  const wanted = version === 5 ? (asked.sessionExpiryInterval ?? 0) : cleanStart ? 0 : NEVER;
  const granted = Math.min(wanted, options.sessionExpiryInterval ?? NEVER);
  session.expiry = granted === NEVER ? Infinity : granted;
  connection.session = session;
  const keepAlive = version === 5 ? (options.serverKeepAlive ?? connect.keepAlive) : connect.keepAlive;
  connection.watchKeepAlive(keepAlive);
  const connack: ConnackPacket = { type: 'connack', sessionPresent: isPresent, reasonCode: 0 };
  const properties = {
    ...limits(connection),
    assignedClientIdentifier: connect.clientId ? undefined : clientId,
    sessionExpiryInterval: granted === wanted ? undefined : granted,
    authenticationMethod: asked.authenticationMethod,
    authenticationData,
  };
  connection.send(version === 5 ? { ...connack, properties } : connack);
  session.resume(connection);
}

/** What CONNACK says of the broker. */
export function limits({ connect, around }: Pick<ServerConnection, 'connect' | 'around'>): ConnackPacket['properties'] {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  const { synchronous, protocolVersion, authenticate, authentication, onViolation, ...said } = around.options;
  const wantsInformation = connect.properties?.requestResponseInformation === true; // [MQTT5-3.1.2-28]
  return { ...said, responseInformation: wantsInformation ? said.responseInformation : undefined };
}

function refuse(connection: ServerConnection, code: number): void {
  const isOf5 = connection.sender.protocolVersion === 5;
  const reasonCode = isOf5 || code < 0x80 ? code : (RETURN_CODES[code] ?? 3);
  const { serverReference, reasonString } = connection.around.options;
  const properties = isOf5 ? { serverReference, reasonString } : undefined;
  connection.send({ type: 'connack', sessionPresent: false, reasonCode, properties });
  connection.hangUp();
}

function next(of: object): number {
  const count = (assigned.get(of) ?? 0) + 1;
  assigned.set(of, count);
  return count;
}
