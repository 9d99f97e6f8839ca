import { isIP } from 'node:net';
import type { PeerCertificate } from 'node:tls';

/**
 * Says what is wrong if a certificate is for another host: Node's own check, but for IPv6 addresses, which Node 22.23
 * takes for names. OpenSSL compares those, with the IP addresses in the certificate alone.
 */
export function serverIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  if (isIP(host) === 6 && new X509Certificate(certificate.raw).checkIP(host) !== undefined) return undefined;
  return process.getBuiltinModule('node:tls').checkServerIdentity(host, certificate);
}
