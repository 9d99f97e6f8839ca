import { isIP } from 'node:net';
import { type DetailedPeerCertificate, connect } from 'node:tls';
import { Observable } from 'rxjs';
import type { TlsOptions } from '../../index.js';
import type { Check } from './Check.js';

const DAY = 86_400_000;
/** Days before the end that are too few: those who renew by machine do it 30 days before. */
const SOON = 21;

/** What is looked at of a TLS connection. */
export interface Seen {
  readonly protocol: string | null;
  readonly cipher: string;
  readonly certificate: DetailedPeerCertificate;
}

/**
 * Opens a TLS connection, whatever the certificate is worth, looks at it and closes it. Cold; emits once and completes, or
 * completes when there is none: why there is none, the client will say.
 *
 * @param timeout milliseconds
 */
export function seenTls(url: URL, options: TlsOptions = {}, timeout: number): Observable<Seen> {
  return new Observable((observer) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port) || (url.protocol === 'wss:' ? 443 : 8883);
    const given = { ...options } as object;
    const socket = connect({ servername: isIP(host) ? '' : host, ...given, host, port, rejectUnauthorized: false });
    socket.setTimeout(timeout, () => observer.complete());
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate(true);
      observer.next({ protocol: socket.getProtocol(), cipher: socket.getCipher().standardName, certificate });
      observer.complete();
    });
    socket.once('error', () => observer.complete());
    socket.once('close', () => observer.complete());
    observer.add(() => {
      socket.on('error', () => undefined).destroy();
    });
  });
}

/** What the certificate says. @param now milliseconds since 1970 */
export function certificateChecks({ protocol, cipher, certificate }: Seen, now: number): Check[] {
  const tls: Check = { name: 'TLS', verdict: 'ok', text: `${protocol ?? 'unknown version'}, ${cipher}` };
  // Without a certificate Node gives an object with nothing in it.
  if ((certificate.valid_to as string | undefined) === undefined) return [tls];
  const { subject, issuer, valid_from, valid_to, subjectaltname } = certificate;
  const days = Math.floor((Date.parse(valid_to) - now) / DAY);
  const name = 'certificate';
  const text = `for ${nameOf(subject)}, by ${nameOf(issuer)}`;
  const details = [
    ['valid', `from ${dayOf(valid_from)} until ${dayOf(valid_to)}`],
    ['names', subjectaltname ?? 'none'],
  ] as const;
  if (Date.parse(valid_from) > now) {
    const advice = 'compare the clocks of this machine and of the broker';
    return [tls, { name, verdict: 'fail', text: `${text}: not valid yet`, advice, details }];
  }
  if (days < 0) {
    const advice = 'renew it at the broker';
    return [tls, { name, verdict: 'fail', text: `${text}: expired ${-days} days ago`, advice, details }];
  }
  if (days < SOON) {
    const advice = 'renew it at the broker before clients are locked out';
    return [tls, { name, verdict: 'note', text: `${text}: expires in ${days} days`, advice, details }];
  }
  return [tls, { name, verdict: 'ok', text: `${text}, good for ${days} days`, details }];
}

/** Fields of a name may be lists, and may be left out. */
function nameOf(fields: DetailedPeerCertificate['subject'] | undefined): string {
  const { CN, O } = (fields ?? {}) as Readonly<Record<string, string | string[] | undefined>>;
  return [CN ?? O ?? 'nobody'].flat().join(', ');
}

function dayOf(text: string): string {
  return new Date(text).toISOString().slice(0, 10);
}
