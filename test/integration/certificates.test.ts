import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCertificate } from '../../control-plane/config/certificates.js';
import { useTempDirs } from '../support/temp-dir.js';

const CERTIFICATES = fileURLToPath(new URL('../support/certificates/', import.meta.url));
const AT = Date.UTC(2030, 0, 1);

function pair(cert: string, key: string) {
  return { certFile: join(CERTIFICATES, cert), keyFile: join(CERTIFICATES, key) };
}

describe('a certificate', () => {
  const newDir = useTempDirs();

  it('is loaded with its key, names, fingerprint and end', async () => {
    const result = await loadCertificate(pair('server.pem', 'server-key.pem'), AT);
    expect(result).toMatchObject({
      ok: true,
      certificate: {
        subject: 'CN=server.tidegate.test',
        fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
        notBefore: Date.UTC(2020, 0, 1),
        notAfter: Date.UTC(2120, 0, 1),
        certPem: expect.stringContaining('BEGIN CERTIFICATE'),
        keyPem: expect.stringContaining('BEGIN PRIVATE KEY'),
      },
      sha256: [expect.stringMatching(/^[0-9a-f]{64}$/), expect.stringMatching(/^[0-9a-f]{64}$/)],
    });
  });

  it.each([
    [
      'with another key',
      'server.pem',
      'other-key.pem',
      'keyFile',
      'the key does not belong to the certificate',
    ],
    [
      'with an encrypted key',
      'server.pem',
      'encrypted-key.pem',
      'keyFile',
      'the key is protected by a passphrase, which is not supported',
    ],
    [
      'given as its key',
      'server.pem',
      'server.pem',
      'keyFile',
      'the key file holds no private key in PEM form',
    ],
    [
      'that is a key',
      'server-key.pem',
      'server-key.pem',
      'certFile',
      'the certificate file holds no certificate in PEM form',
    ],
  ] as const)('%s is refused', async (_name, cert, key, culprit, sentence) => {
    const files = pair(cert, key);
    expect(await loadCertificate(files, AT)).toMatchObject({
      ok: false,
      culprit,
      problem: `${files.certFile} with ${files.keyFile}: ${sentence}`,
    });
  });

  it.each([
    ['that has expired', 'expired.pem', AT, 'the certificate expired on 2020-01-01T00:00:00.000Z'],
    [
      'that expires now',
      'server.pem',
      Date.UTC(2120, 0, 1),
      'the certificate expired on 2120-01-01T00:00:00.000Z',
    ],
    [
      'of the future',
      'server.pem',
      Date.UTC(2019, 0, 1),
      'the certificate is not valid before 2020-01-01T00:00:00.000Z',
    ],
    ['in its time', 'server.pem', AT, null],
  ])('%s is loaded, and clients’ view of it told', async (_name, cert, at, warning) => {
    expect(await loadCertificate(pair(cert, 'server-key.pem'), at)).toMatchObject({ ok: true, warning });
  });

  it('that is missing is refused, and so is a missing key', async () => {
    const missing = join(newDir(), 'none.pem');
    const { certFile, keyFile } = pair('server.pem', 'server-key.pem');
    expect(await loadCertificate({ certFile: missing, keyFile }, AT)).toMatchObject({
      ok: false,
      problem: `certificate ${missing}: there is no such file`,
      sha256: [null, expect.any(String)],
    });
    expect(await loadCertificate({ certFile, keyFile: missing }, AT)).toMatchObject({
      ok: false,
      problem: `key ${missing}: there is no such file`,
      sha256: [expect.any(String), null],
    });
  });

  it('with a broken chain behind it is refused', async () => {
    const dir = newDir();
    const files = { certFile: join(dir, 'chain.pem'), keyFile: join(dir, 'key.pem') };
    copyFileSync(join(CERTIFICATES, 'server.pem'), files.certFile);
    writeFileSync(files.certFile, '-----BEGIN CERTIFICATE-----\nbm90IGE=\n-----END CERTIFICATE-----\n', {
      flag: 'a',
    });
    copyFileSync(join(CERTIFICATES, 'server-key.pem'), files.keyFile);
    expect(await loadCertificate(files, AT)).toMatchObject({
      ok: false,
      problem: expect.stringContaining('TLS refuses the certificate: '),
    });
  });
});
