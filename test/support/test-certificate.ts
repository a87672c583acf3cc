/** The certificate that tests serve with, signed by itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateMaterial } from '../../shared/message.js';

const CERTIFICATES = join(process.cwd(), 'test/support/certificates');

export function testCertificate(name = 'server'): CertificateMaterial {
  return {
    certPem: readFileSync(join(CERTIFICATES, `${name}.pem`), 'utf8'),
    keyPem: readFileSync(join(CERTIFICATES, `${name}-key.pem`), 'utf8'),
    ticketKeys: new Uint8Array(48).fill(3),
  };
}
