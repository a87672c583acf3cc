import fc from 'fast-check';
import type { World } from '../../control-plane/domain/decision.js';
import { mustPanic } from '../../control-plane/domain/panic.js';
import { mayForward, snapshotOf } from '../../control-plane/domain/snapshot.js';
import type { WorkerId } from '../../control-plane/domain/worker-id.js';
import { live, type Lived } from '../support/random-history.js';
import { anyHistory } from '../support/random-steps.js';
import { HOST } from '../support/workers.js';

/** Workers of this host know each other by their numbers. */
function isOf(permit: { readonly worker: number }, { host, n }: WorkerId): boolean {
  return host === HOST && permit.worker === n;
}

/** Permits as the workers know them: had from a snapshot, until they gave them back or are gone. */
class Ledger {
  readonly out = new Map<number, { readonly key: string; readonly worker: number; readonly since: number }>();

  /** What workers said and what became of them, before they see the new snapshot. */
  settle({ command }: Lived): void {
    if (command.type === 'StartPrimary') this.out.clear();
    if (command.type === 'RecordWorkerExited') this.#drop((one) => isOf(one, command.worker));
    if (command.type !== 'RecordOutcomes') return;
    for (const { trials } of command.outcomes) {
      for (const { permit, returned } of trials) {
        const one = this.out.get(permit);
        if (returned && one !== undefined && isOf(one, command.worker)) this.out.delete(permit);
      }
    }
  }

  /** Takes the new permits; answers the backends that got some. */
  receive(world: World, at: number): ReadonlySet<string> {
    const granted = new Set<string>();
    for (const pool of mayForward(world) ? snapshotOf(world, { version: 1, at, host: HOST }).pools : []) {
      for (const { id, generation, permits } of pool.backends) {
        const key = `${pool.id}/${id}/${generation}`;
        for (const { permit, worker } of permits) {
          if (this.out.has(permit)) continue;
          this.out.set(permit, { key, worker, since: at });
          granted.add(key);
        }
      }
    }
    return granted;
  }

  count(key: string, at: number): number {
    const held = [...this.out.values()].filter((one) => one.key === key && at - one.since < 3_600_000);
    return held.length;
  }

  #drop(gone: (one: { readonly worker: number }) => boolean): void {
    for (const [permit, one] of this.out) if (gone(one)) this.out.delete(permit);
  }
}

describe('breakers keep their promises', () => {
  it('no backend ever has more trials out than its limit, whatever workers say or do', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        const ledger = new Ledger();
        live(steps, (lived) => {
          if (lived.decision.kind === 'rejected') return;
          const { world } = lived.decision;
          ledger.settle(lived);
          const granted = ledger.receive(world, lived.command.at);
          for (const pool of world.state.pools.values()) {
            for (const { id, generation } of pool.backends.values()) {
              const key = `${pool.id}/${id}/${generation}`;
              const limit = pool.settings.breaker?.halfOpenLimit ?? 0;
              // Permits given out under a larger limit stay out; only giving more would break the promise.
              if (granted.has(key)) expect(ledger.count(key, lived.command.at)).toBeLessThanOrEqual(limit);
            }
          }
        });
      }),
      { numRuns: 600 },
    );
  });

  it('a permit number is never given twice', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        let highest = 0;
        live(steps, ({ before, decision }) => {
          if (decision.kind === 'rejected') return;
          const { nextPermit } = decision.world.observations;
          expect(nextPermit).toBeGreaterThanOrEqual(before.observations.nextPermit);
          highest = Math.max(highest, nextPermit);
        });
        expect(highest).toBeGreaterThan(0);
      }),
      { numRuns: 100 },
    );
  });

  it('never leaves open before its deadline, but for being taken away', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        live(steps, ({ before, decision }) => {
          if (decision.kind === 'rejected') return;
          for (const event of decision.events) {
            if (event.type !== 'BreakerHalfOpened' && event.type !== 'BreakerClosed') continue;
            const { pool, backend } = event;
            if (pool === undefined || backend === undefined) throw new Error('an event about nothing');
            const was = before.state.pools.get(pool)?.backends.get(backend)?.breaker;
            if (was?.phase !== 'open') continue;
            const disabled = event.type === 'BreakerClosed' && event.data.cause === 'disabled';
            expect(disabled || event.at >= was.until).toBe(true);
          }
        });
      }),
      { numRuns: 300 },
    );
  });

  it('opens for at most the longest time set', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        live(steps, ({ before, decision }) => {
          if (decision.kind === 'rejected') return;
          for (const event of decision.events) {
            if (event.type !== 'BreakerOpened' || event.pool === undefined) continue;
            const settings = before.state.pools.get(event.pool)?.settings.breaker;
            expect(event.data.until - event.at).toBeLessThanOrEqual(settings?.maxResetTimeoutMs ?? 0);
            expect(event.data.until).toBeGreaterThan(event.at);
          }
        });
      }),
      { numRuns: 100 },
    );
  });

  it('a pool is in panic exactly when its tally says so, and never without a breaker', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        live(steps, ({ decision }) => {
          if (decision.kind === 'rejected') return;
          for (const pool of decision.world.state.pools.values()) {
            expect(pool.panic).toBe(mustPanic(pool.tally, pool.settings));
            if (pool.settings.breaker === null) expect(pool.panic).toBe(false);
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  it('health, breakers and panic do not move the version that operators compare', () => {
    const operators = [
      'ApplyConfig',
      'ResetConfig',
      'AddBackend',
      'RemoveBackend',
      'ChangeBackend',
      'ChangePool',
    ];
    fc.assert(
      fc.property(anyHistory, (steps) => {
        live(steps, ({ command, before, decision }) => {
          if (decision.kind === 'rejected' || operators.includes(command.type)) return;
          for (const [id, pool] of decision.world.state.pools) {
            expect(pool.version).toBe(before.state.pools.get(id)?.version);
          }
        });
      }),
      { numRuns: 100 },
    );
  });
});
