/**
 * Nobody gets bytes of anybody else, in either direction: sockets are read into memory that they share, and that memory is
 * written from. Sizes lie where the engine changes how it treats bytes, and beyond what kernels take for a peer that does
 * not read: only then memory is in use for longer than one call.
 */
import * as tls from 'node:tls';
import { runCrossTalk } from '../support/cross-talk.js';
import { startNative } from '../support/engine-under-test.js';
import { testCertificate } from '../support/test-certificate.js';

const AUTHORITIES = tls.getCACertificates('default');

describe('the native engine', () => {
  beforeAll(() => tls.setDefaultCACertificates([...AUTHORITIES, testCertificate().certPem]));
  afterAll(() => tls.setDefaultCACertificates(AUTHORITIES));

  it.each([
    ['plain connections', 320, false, false],
    ['TLS on both sides', 80, true, true],
  ])('keeps the bytes of all apart: %s', async (_how, count, isClientSecure, isBackendSecure) => {
    const result = await runCrossTalk(startNative, { seed: 1, count, isClientSecure, isBackendSecure });
    expect(result.foreign).toEqual([]);
    expect(result.lost).toEqual([]);
    expect(result.complaints).toEqual([]);
    // It did happen.
    expect(result.served.exchange).toBeGreaterThan(count / 2);
    expect(result.served.tunnel).toBeGreaterThan(0);
    expect(result.served.pipelined).toBeGreaterThan(0);
    expect(result.retries).toBeGreaterThan(0);
  });
});
