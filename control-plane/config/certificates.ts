/**
 * Loads the certificate and key of the main listener. It refuses files that could not serve: files that cannot be read
 * or parsed, and a key that belongs to another certificate. Each refusal is one sentence. An expired certificate, or
 * one that is not yet valid, is not refused: some clients accept it, and the others tell their users. The caller
 * decides what a refusal means: a start fails; a reload keeps the former certificate in use.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { TlsFiles } from './process-settings.js';
import { readSmallFile } from './read-file.js';

/** Largest certificate or key file, in bytes. Chains of dozens of certificates fit. */
const MAX_PEM_BYTES = 1_048_576;

export interface LoadedCertificate {
  readonly certPem: string;
  readonly keyPem: string;
  /** SHA-256 of the certificate, upper-case hex with colons. */
  readonly fingerprint: string;
  /** Names of the certificate in one line: its subject, or its alternative names if the subject is empty. */
  readonly subject: string;
  /** Milliseconds since 1970, as `notAfter` is. */
  readonly notBefore: number;
  readonly notAfter: number;
}

type CertificateResult =
  | {
      readonly ok: true;
      readonly certificate: LoadedCertificate;
      /** Why clients do not accept the certificate now, in one sentence; `null` if they do. */
      readonly warning: string | null;
      /** Hashes of the certificate file and of the key file, for `watchFiles`; `null` for one that cannot be read. */
      readonly sha256: readonly (string | null)[];
    }
  | {
      readonly ok: false;
      /** The file that has to be mended. */
      readonly culprit: keyof TlsFiles;
      readonly problem: string;
      readonly sha256: readonly (string | null)[];
    };

interface CertificateProblem {
  readonly culprit: keyof TlsFiles;
  readonly problem: string;
}

/** @param at the time for which the warning is given, in milliseconds since 1970 */
export async function loadCertificate(files: TlsFiles, at: number): Promise<CertificateResult> {
  const [cert, key] = await Promise.all([
    readSmallFile(files.certFile, MAX_PEM_BYTES),
    readSmallFile(files.keyFile, MAX_PEM_BYTES),
  ]);
  const sha256 = [cert, key].map((file) => (file.ok ? file.sha256 : null));
  const { certFile, keyFile } = files;
  if (!cert.ok) return { ok: false, ...inCert(`certificate ${certFile}: ${cert.message}`), sha256 };
  if (!key.ok) return { ok: false, ...inKey(`key ${keyFile}: ${key.message}`), sha256 };
  const result = checkCertificate(cert.content.toString('latin1'), key.content.toString('latin1'));
  if ('culprit' in result) {
    return { ok: false, ...result, problem: `${certFile} with ${keyFile}: ${result.problem}`, sha256 };
  }
  return { ok: true, certificate: result, warning: timeProblem(result, at), sha256 };
}

/**
 * Why clients do not accept a certificate at this time, in one sentence; `null` if they do. Times are in milliseconds
 * since 1970.
 */
export function timeProblem(
  { notBefore, notAfter }: Pick<LoadedCertificate, 'notBefore' | 'notAfter'>,
  at: number,
): string | null {
  if (at >= notAfter) return `the certificate expired on ${new Date(notAfter).toISOString()}`;
  if (at < notBefore) return `the certificate is not valid before ${new Date(notBefore).toISOString()}`;
  return null;
}

/** The certificate and its properties, or the reason why it cannot serve. */
function checkCertificate(certPem: string, keyPem: string): LoadedCertificate | CertificateProblem {
  const x509 = attempt(() => new X509Certificate(certPem));
  if (!x509) return inCert('the certificate file holds no certificate in PEM form');
  const key = privateKeyOf(keyPem);
  if (typeof key === 'string') return inKey(key);
  if (!x509.checkPrivateKey(key)) return inKey('the key does not belong to the certificate');
  const notBefore = Date.parse(x509.validFrom);
  const notAfter = Date.parse(x509.validTo);
  try {
    createSecureContext({ cert: certPem, key: keyPem });
  } catch (error) {
    return inCert(`TLS refuses the certificate: ${(error as Error).message}`);
  }
  const subject = x509.subject || x509.subjectAltName || '';
  return {
    certPem,
    keyPem,
    fingerprint: x509.fingerprint256,
    subject: subject.replaceAll('\n', ', '),
    notBefore,
    notAfter,
  };
}

function inCert(problem: string): CertificateProblem {
  return { culprit: 'certFile', problem };
}

function inKey(problem: string): CertificateProblem {
  return { culprit: 'keyFile', problem };
}

function privateKeyOf(keyPem: string): KeyObject | string {
  try {
    return createPrivateKey(keyPem);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE' || keyPem.includes('ENCRYPTED')
      ? 'the key is protected by a passphrase, which is not supported'
      : 'the key file holds no private key in PEM form';
  }
}

function attempt<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}
