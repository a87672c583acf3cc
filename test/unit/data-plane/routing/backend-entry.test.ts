import type { Availability } from '../../../../shared/backend-state.js';
import { backendEntry, backendHash } from '../../../../data-plane/routing/backend-entry.js';
import { hexOf } from '../../../../data-plane/routing/hash.js';
import { backendId, poolId } from '../../../../shared/ids.js';
import { aBackend } from '../../../support/routing-fixture.js';

const pool = { id: poolId('p'), panic: false };

describe('backend entry', () => {
  it.each<[Availability, boolean, boolean, boolean, boolean]>([
    // availability, then serves and keeps sessions: normally, and in panic
    ['available', true, true, true, true],
    ['trial', false, false, true, true],
    ['ejected', false, false, true, true],
    ['draining', false, true, false, true],
    ['unchecked', false, false, false, false],
    ['unhealthy', false, false, false, false],
    ['maintenance', false, false, false, false],
  ])('%s: serves %s, keeps sessions %s; in panic %s, %s', (availability, ...expected) => {
    const normal = backendEntry(pool, aBackend('a', { availability }), undefined);
    const panic = backendEntry({ ...pool, panic: true }, aBackend('a', { availability }), undefined);
    expect([normal.serves, normal.keepsSessions, panic.serves, panic.keepsSessions]).toEqual(expected);
  });

  it('with weight 0 takes nothing new and keeps its sessions', () => {
    expect(backendEntry(pool, aBackend('a', { weight: 0 }), undefined)).toMatchObject({
      serves: false,
      keepsSessions: true,
    });
  });

  it('writes addresses as they stand in URLs', () => {
    const entry = (host: string) =>
      backendEntry(pool, aBackend('a', { address: { protocol: 'https', host, port: 8443 } }), undefined);
    expect(entry('example.org')).toMatchObject({
      origin: 'https://example.org:8443',
      authority: 'example.org:8443',
    });
    expect(entry('2001:db8::1')).toMatchObject({
      origin: 'https://[2001:db8::1]:8443',
      authority: '[2001:db8::1]:8443',
    });
  });

  it('keeps its load while its generation lasts', () => {
    const first = backendEntry(pool, aBackend('a'), undefined);
    expect(backendEntry(pool, aBackend('a', { weight: 5 }), first).load).toBe(first.load);
    expect(backendEntry(pool, aBackend('a', { generation: 2 }), first).load).not.toBe(first.load);
  });

  it('is named in cookies by pool and id', () => {
    expect(hexOf(backendHash(poolId('default'), backendId('backend1')))).toBe('1c439354cf4dd38d');
    expect(backendEntry(pool, aBackend('a'), undefined).hashHex).toBe(
      hexOf(backendHash(pool.id, backendId('a'))),
    );
    expect(hexOf(backendHash(poolId('a'), backendId('bc')))).not.toBe(
      hexOf(backendHash(poolId('ab'), backendId('c'))),
    );
  });
});
