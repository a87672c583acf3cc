import { emptyPool, withBackend } from '../../../../control-plane/domain/pool-state.js';
import {
  newsAtStart,
  newsOf,
  type PoolStanding,
  shortageOf,
  standingOfPool,
} from '../../../../control-plane/domain/pool-standing.js';
import type { BackendState, PoolState } from '../../../../control-plane/domain/state.js';
import { definition, POOL, poolSettings } from '../../../support/domain.js';

const UP: Omit<BackendState, 'id' | 'address' | 'weight'> = {
  generation: 1,
  origin: 'file',
  admin: 'ready',
  health: 'healthy',
  healthSince: 0,
  breaker: { phase: 'closed', openings: 0, since: 0 },
};
const DOWN = { health: 'unhealthy' } as const;
const UNKNOWN = { health: 'unknown' } as const;
const OPEN = { breaker: { phase: 'open', openings: 1, since: 0, until: 9 } } as const;
const TRIAL = { breaker: { phase: 'half-open', openings: 1, since: 0 } } as const;
const DRAINING = { admin: 'draining' } as const;

function poolWith(...backends: readonly Partial<BackendState>[]): PoolState {
  return backends.reduce<PoolState>(
    (pool, over, index) => withBackend(pool, { ...definition(`b${index}`), ...UP, ...over }),
    emptyPool(POOL, poolSettings(), 1),
  );
}

describe('how a pool stands', () => {
  it.each<[string, PoolState, PoolStanding, string | null]>([
    ['all serve', poolWith({}, {}), { kind: 'serves', serving: 2, total: 2 }, null],
    ['some serve', poolWith({}, DOWN, OPEN), { kind: 'serves', serving: 1, total: 3 }, 'has 1 of 3 backends'],
    [
      'in panic',
      { ...poolWith(OPEN, OPEN), panic: true },
      { kind: 'panic', total: 2 },
      'is in panic: it serves through backends that their breakers took out',
    ],
    [
      'one on trial',
      poolWith(TRIAL, DOWN),
      { kind: 'trial', total: 2 },
      'has NO backend but on trial: most requests are answered 503',
    ],
    [
      'none checked yet',
      poolWith(UNKNOWN, DOWN),
      { kind: 'unchecked', total: 2 },
      'has NO backend yet: all that could serve wait for their first health check',
    ],
    [
      'none',
      poolWith(DOWN, { admin: 'maintenance' }),
      { kind: 'none', total: 2, sessions: false },
      'has NO backend: every request is answered 503',
    ],
    [
      'no new sessions, because all drain',
      poolWith(DRAINING),
      { kind: 'none', total: 1, sessions: true },
      'has NO backend for new traffic: all but running sticky sessions are answered 503',
    ],
    [
      'no new sessions, because none has a weight',
      poolWith({ weight: 0 }),
      { kind: 'none', total: 1, sessions: true },
      'has NO backend for new traffic: all but running sticky sessions are answered 503',
    ],
    [
      'empty',
      poolWith(),
      { kind: 'none', total: 0, sessions: false },
      'has NO backends: every request is answered 503',
    ],
  ])('%s', (_name, pool, standing, shortage) => {
    expect(standingOfPool(pool)).toEqual(standing);
    expect(shortageOf(standing)).toBe(shortage);
  });
});

describe('what is told when the standing changes', () => {
  const serves = (serving: number, total = 3): PoolStanding => ({ kind: 'serves', serving, total });
  const none: PoolStanding = { kind: 'none', total: 3, sessions: false };
  const trial: PoolStanding = { kind: 'trial', total: 3 };
  const panic: PoolStanding = { kind: 'panic', total: 3 };
  const unchecked: PoolStanding = { kind: 'unchecked', total: 3 };

  it.each<[string, PoolStanding | null, PoolStanding, string | null]>([
    ['fewer serve', serves(3), serves(2), 'warn'],
    ['none serves', serves(1), none, 'error'],
    ['none serves from the first moment on', null, none, 'error'],
    ['none passed its first check', unchecked, none, 'error'],
    ['still none serves', none, none, null],
    ['the last that served is on trial', serves(1), trial, 'error'],
    ['one of none is on trial', none, trial, null],
    ['one serves again', none, serves(1), 'info'],
    ['one serves after its trial', trial, serves(1), 'info'],
    ['all serve again', serves(2), serves(3), 'info'],
    ['one of several comes back', serves(1), serves(2), null],
    ['one that served was taken out of the pool', serves(3), serves(2, 2), null],
    ['the first checks pass', unchecked, serves(3), null],
    ['panic, which is an event', serves(2), panic, null],
    ['the end of panic', panic, serves(3), null],
    ['a new pool', null, unchecked, null],
  ])('%s', (_name, before, now, level) => {
    expect(newsOf(before, now)?.level ?? null).toBe(level);
  });

  it.each<[string, PoolStanding, string | null]>([
    ['all serve', serves(3), null],
    ['some serve', serves(2), 'warn'],
    ['in panic', panic, 'warn'],
    ['one on trial', trial, 'error'],
    ['none serves', none, 'error'],
    ['none is checked yet', unchecked, null],
  ])('is told at the start of a primary: %s', (_name, now, level) => {
    expect(newsAtStart(now)?.level ?? null).toBe(level);
  });
});
