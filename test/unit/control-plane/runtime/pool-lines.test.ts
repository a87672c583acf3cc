import { withBackend, emptyPool } from '../../../../control-plane/domain/pool-state.js';
import type { TidegateEvent } from '../../../../control-plane/domain/events.js';
import type { ControlState } from '../../../../control-plane/domain/state.js';
import { PoolLines } from '../../../../control-plane/runtime/pool-lines.js';
import { definition, POOL, poolSettings } from '../../../support/domain.js';
import { quietLogger } from '../../../support/quiet-logger.js';

/** A pool of two, of which one is unhealthy; only what is looked at here. */
function shortOfOne(): ControlState {
  const common = {
    generation: 1,
    origin: 'file',
    admin: 'ready',
    healthSince: 0,
    breaker: { phase: 'closed', openings: 0, since: 0 },
  } as const;
  const up = withBackend(emptyPool(POOL, poolSettings(), 1), {
    ...definition('a'),
    ...common,
    health: 'healthy',
  });
  const pool = withBackend(up, { ...definition('b'), ...common, health: 'unhealthy' });
  return { pools: new Map([[POOL, pool]]) } as unknown as ControlState;
}

const event = (type: string, pool?: string) => ({ type, pool }) as unknown as TidegateEvent;

describe('the lines about pools', () => {
  it('say at a start what an earlier primary left behind, and say it once', () => {
    const told: unknown[] = [];
    const tell = (level: string) => (fields: object) => void told.push({ level, ...fields });
    const lines = new PoolLines({ ...quietLogger, warn: tell('warn'), info: tell('info') });
    lines.tell(shortOfOne(), [event('PrimaryStarted')]);
    lines.tell(shortOfOne(), [event('BackendSettingsChanged', POOL)]);
    expect(told).toEqual([{ level: 'warn', pool: POOL, sentence: `pool ${POOL} has 1 of 2 backends` }]);
  });
});
