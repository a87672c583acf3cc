import type { Command } from '../../../../control-plane/domain/commands.js';
import { Transaction } from '../../../../control-plane/domain/transaction.js';
import { backendId, poolId } from '../../../../shared/ids.js';
import {
  definition,
  documentOf,
  EMPTY_WORLD,
  POOL,
  poolSettings,
  START,
  storyOf,
} from '../../../support/domain.js';

const COMMAND: Command = { type: 'AdvanceTime', id: 9, at: START, seed: 1, actor: { kind: 'clock' } };

describe('a transaction', () => {
  it('answers the world it began with when nothing happened', () => {
    const tx = new Transaction(COMMAND, EMPTY_WORLD);
    expect(tx.decision()).toEqual({ kind: 'accepted', events: [], world: EMPTY_WORLD });
    const decision = tx.decision();
    expect(decision.kind === 'accepted' && decision.world).toBe(EMPTY_WORLD);
  });

  it('shows each step what the steps before it did', () => {
    const { world } = storyOf(documentOf(poolSettings(), [definition('a')]));
    const tx = new Transaction(COMMAND, world);
    const backend = [...(tx.pool(POOL)?.backends.values() ?? [])][0];
    if (backend === undefined) throw new Error('no backend');
    const about = { pool: POOL, backend: backend.id };
    const first = tx.emit('BackendSettingsChanged', about, { from: { weight: 1 }, to: { weight: 2 } });
    const second = tx.emit(
      'BackendSettingsChanged',
      about,
      { from: { weight: 2 }, to: { weight: 3 } },
      first,
    );
    expect([first, second]).toEqual([world.state.seq + 1, world.state.seq + 2]);
    expect(tx.backend(POOL, backend.id, backend.generation)?.weight).toBe(3);
    expect(tx.backend(POOL, backend.id, backend.generation + 1)).toBeUndefined();
    expect(tx.touched).toEqual(new Map([[POOL, second]]));
    expect(world.state.pools.get(POOL)?.backends.get(backend.id)?.weight).toBe(1);
    const decision = tx.decision();
    expect(decision.kind === 'accepted' && decision.events.map((event) => event.cause)).toEqual([
      { command: 'AdvanceTime', id: 9 },
      { command: 'AdvanceTime', id: 9, event: first },
    ]);
  });

  it('ends with an error when a step counts on what is not there', () => {
    const { world } = storyOf(documentOf(poolSettings(), [definition('a')]));
    const tx = new Transaction(COMMAND, world);
    expect(() => tx.knownPool(poolId('x'))).toThrow('there is no pool x');
    expect(() => tx.knownBackend(POOL, backendId('x'))).toThrow('there is no backend x in pool default');
    expect(() => tx.knownBreaker(POOL)).toThrow('pool default has no breaker');
  });

  it('draws its chance from the seed of its command alone', () => {
    const draw = (seed: number) => {
      const tx = new Transaction({ ...COMMAND, seed }, EMPTY_WORLD);
      return [tx.random(), tx.random()];
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });
});
