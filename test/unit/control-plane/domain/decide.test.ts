import { decide } from '../../../../control-plane/domain/decide.js';
import { fold } from '../../../../control-plane/domain/evolve.js';
import type { World } from '../../../../control-plane/domain/decision.js';
import { serializeObservations, serializeState } from '../../../../control-plane/domain/serialize.js';
import { initialState } from '../../../../control-plane/domain/state.js';
import {
  breaker,
  definition,
  documentOf,
  healthCheck,
  poolSettings,
  story,
  storyOf,
} from '../../../support/domain.js';

function plain(world: World) {
  return [serializeState(world.state), serializeObservations(world.observations)];
}

describe('decide', () => {
  const checked = poolSettings({ healthCheck: healthCheck(), breaker: breaker() });

  it('begins a new epoch with each primary', () => {
    const told = story();
    told.when({ type: 'StartPrimary', version: '0.1.0', pid: 1 });
    const [started] = told.when({ type: 'StartPrimary', version: '0.1.0', pid: 2 });
    expect(started).toMatchObject({ type: 'PrimaryStarted', epoch: 2, seq: 2, data: { pid: 2 } });
    expect(told.world.state.epoch).toBe(2);
  });

  it('takes the epoch that the primary was given, and stays in it', () => {
    const told = story();
    const [started] = told.when({ type: 'StartPrimary', version: '0.1.0', pid: 1, epoch: 1_800_000_000 });
    expect(started).toMatchObject({ type: 'PrimaryStarted', epoch: 1_800_000_000, seq: 1 });
    const [stopped] = told.when({ type: 'StopPrimary', reason: 'x' });
    expect(stopped?.epoch).toBe(1_800_000_000);
  });

  it.each([3, 4])('refuses a primary whose epoch %i is over', (epoch) => {
    const told = story();
    told.when({ type: 'StartPrimary', version: '0.1.0', pid: 1, epoch: 4 });
    const before = told.world;
    expect(told.send({ type: 'StartPrimary', version: '0.1.0', pid: 2, epoch })).toEqual({
      kind: 'rejected',
      rejection: { code: 'invalid', message: `epoch ${epoch} is over: the event log is in epoch 4` },
    });
    expect(told.world).toBe(before);
  });

  it('forgets its workers and observations when a primary starts, and keeps the durable state', () => {
    const told = storyOf(documentOf(checked, [definition('a')]), [1, 2]);
    told.check('a', false);
    told.when({ type: 'StartPrimary', version: '0.1.0', pid: 2 });
    expect(told.world.observations.workers).toEqual([]);
    expect(told.world.observations.pools.size).toBe(0);
    expect(told.backend('a').health).toBe('unknown');
  });

  it('numbers events without gaps and names their cause', () => {
    const told = storyOf(documentOf(checked, [definition('a'), definition('b')]));
    expect(told.events.map((event) => event.seq)).toEqual(told.events.map((_, index) => index + 1));
    const applied = told.events.find((event) => event.type === 'ConfigApplied');
    const added = told.events.find((event) => event.type === 'BackendAdded');
    expect(added?.cause).toEqual({ command: 'ApplyConfig', id: 2, event: applied?.seq });
  });

  it('answers the world that the log folds to', () => {
    const told = storyOf(documentOf(checked, [definition('a'), definition('b')]));
    told.check('a', true);
    expect(fold(initialState(), told.events)).toEqual(told.world.state);
  });

  it('answers the very same world when nothing happened', () => {
    const told = storyOf(documentOf(checked, [definition('a')]));
    told.check('a', true);
    const before = told.world;
    expect(told.check('a', true)).toEqual([]);
    expect(told.world).toBe(before);
  });

  it('leaves the world it was given as it was', () => {
    const told = storyOf(documentOf(checked, [definition('a'), definition('b')]));
    const before = told.world;
    const copy = structuredClone(plain(before));
    const command = { type: 'AdvanceTime', id: 99, at: told.at, seed: 1, actor: { kind: 'clock' } } as const;
    decide(command, before);
    told.check('a', true);
    told.report('a', { failures: { reset: 9 } });
    expect(plain(before)).toEqual(copy);
  });
});
