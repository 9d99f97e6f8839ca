/** The first byte of a TLS alert. No MQTT packet that a broker sends begins with it. */
const TLS_ALERT = 0x15;
/** The first bytes of an HTTP response. 0x48 would be PUBACK with reserved flags that are wrong. */
const HTTP = [0x48, 0x54, 0x54, 0x50];

/** Says what the peer speaks and what to do, if its first bytes show that it does not speak MQTT. */
export function otherProtocol(bytes: Uint8Array, isOverTls: boolean): string | undefined {
  if (bytes[0] === TLS_ALERT && !isOverTls) return 'it answered in TLS; if this port is for TLS, use mqtts://';
  const isHttp = bytes.length > 0 && HTTP.every((byte, i) => i >= bytes.length || byte === bytes[i]);
  if (!isHttp) return undefined;
  return `it answered in HTTP; if this port is for MQTT over WebSocket, use ${isOverTls ? 'wss' : 'ws'}://`;
}
