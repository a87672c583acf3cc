import { settingsChange as changeIn } from '../../../../control-plane/domain/settings-change.js';
import { defaultsOf } from '../../../../shared/settings/complete.js';
import { pool, queue } from '../../../../shared/settings/pool.js';
import type { PoolSettings } from '../../../../shared/settings.js';
import { breaker, healthCheck, poolSettings } from '../../../support/domain.js';

const settingsChange = (before: PoolSettings, after: PoolSettings): string => changeIn(pool, before, after);

describe('what changed in the settings of a pool', () => {
  it('is nothing between equal settings', () => {
    expect(
      settingsChange(
        poolSettings({ healthCheck: healthCheck() }),
        poolSettings({ healthCheck: healthCheck() }),
      ),
    ).toBe('');
  });

  it('names single settings with their values', () => {
    const before = poolSettings({ algorithm: 'random', healthCheck: healthCheck({ intervalMs: 300 }) });
    const after = poolSettings({ algorithm: 'round-robin', healthCheck: healthCheck({ intervalMs: 500 }) });
    expect(settingsChange(before, after)).toBe(
      'algorithm random → round-robin, health_check.interval 300ms → 500ms',
    );
  });

  it('tells the connection limit, and of the queue what differs from its defaults', () => {
    const after = poolSettings({ maxConnections: 9, queue: { ...defaultsOf(queue), maxPending: 3 } });
    expect(settingsChange(poolSettings(), after)).toBe(
      'max_connections no limit → 9, queue.max_pending 128 → 3',
    );
    expect(settingsChange(poolSettings(), poolSettings({ queue: defaultsOf(queue) }))).toBe('');
  });

  it('tells what a pool has over the file, setting by setting', () => {
    const own = poolSettings({ timeouts: { responseHeadMs: 60_000 } });
    expect(settingsChange(poolSettings(), own)).toBe('timeouts.response_head as in the file → 1m');
    expect(settingsChange(own, poolSettings({ retry: { attempts: 1 } }))).toBe(
      'timeouts.response_head 1m → as in the file, retry.attempts as in the file → 1',
    );
  });

  it('says that a whole part came or went', () => {
    expect(settingsChange(poolSettings({ breaker: breaker() }), poolSettings({ breaker: null }))).toBe(
      'circuit_breaker on → off',
    );
    const address = { type: 'ip', prefix4: 32, prefix6: 64 } as const;
    expect(settingsChange(poolSettings({ sticky: null }), poolSettings({ sticky: address }))).toBe(
      'sticky_session off → on',
    );
  });

  it('tells settings that only one kind has, and lists', () => {
    const cookie = { type: 'cookie', cookieName: 'a', idleTimeoutMs: 1, absoluteTimeoutMs: 2 } as const;
    const address = { type: 'ip', prefix4: 32, prefix6: 64 } as const;
    expect(settingsChange(poolSettings({ sticky: cookie }), poolSettings({ sticky: address }))).toContain(
      'sticky_session.cookie_name a → none',
    );
    const status = healthCheck({ expect: { status: [{ from: 200, to: 204 }] } });
    expect(
      settingsChange(poolSettings({ healthCheck: healthCheck() }), poolSettings({ healthCheck: status })),
    ).toContain('→ ["200-204"]');
  });

  it('counts what would be too much to tell', () => {
    const many = breaker({
      failureThreshold: 91,
      failureRatio: 0.91,
      windowMs: 91,
      resetTimeoutMs: 91,
      maxResetTimeoutMs: 91,
      halfOpenLimit: 91,
      halfOpenSuccesses: 91,
    });
    expect(settingsChange(poolSettings({ breaker: breaker() }), poolSettings({ breaker: many }))).toMatch(
      / and 1 more$/,
    );
  });
});
