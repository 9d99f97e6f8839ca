import { isIP } from 'node:net';
import type { PeerCertificate } from 'node:tls';

/**
 * Says what is wrong if a certificate is for another host. This is Node's own check, except for IPv6 addresses: Node
 * 22.23 takes them for names, so OpenSSL compares them with the IP addresses in the certificate.
 */
export function serverIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  if (isIP(host) === 6 && new X509Certificate(certificate.raw).checkIP(host) !== undefined) return undefined;
  return process.getBuiltinModule('node:tls').checkServerIdentity(host, certificate);
}
