import 'reflect-metadata'; // what @peculiar/x509 is built on needs it
import {
  BasicConstraintsExtension,
  type Extension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { KeyObject, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its private key, in PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
  /** The key, to be opened with a passphrase. */
  encryptedKey(passphrase: string): string;
}

/** Who signs certificates. */
export interface Authority extends Identity {
  /** Makes a certificate for these host names and IP addresses, by default one that is valid today. */
  sign(names: readonly string[], options?: { readonly valid?: 'today' | 'until yesterday' | 'from tomorrow' }): Promise<Identity>; // prettier-ignore
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;

/** Makes an authority, which nobody knows yet. */
export async function authority(name: string): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new BasicConstraintsExtension(true, 1, true)],
  });
  let serial = 1;
  return {
    ...identity(certificate.toString('pem'), keys),
    async sign(names, { valid = 'today' } = {}) {
      const own = await newKeys();
      const [from, until] = { today: [-9, 1], 'until yesterday': [-11, -1], 'from tomorrow': [1, 11] }[valid];
      const extensions: Extension[] = [
        new SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
        ),
      ];
      const signed = await X509CertificateGenerator.create({
        subject: `CN=${names[0]}`,
        issuer: certificate.subject,
        serialNumber: String(serial++).padStart(2, '0'),
        notBefore: new Date(Date.now() + from! * DAY),
        notAfter: new Date(Date.now() + until! * DAY),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions,
      });
      return identity(signed.toString('pem'), own);
    },
  };
}

function newKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function identity(cert: string, { privateKey }: CryptoKeyPair): Identity {
  const key = KeyObject.from(privateKey);
  return {
    cert,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    encryptedKey: (passphrase) =>
      key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString(),
  };
}
