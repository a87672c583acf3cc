import { replay, replayStep } from '../../../../control-plane/domain/replay.js';
import type { JournalEntry } from '../../../../control-plane/domain/journal.js';
import { serializeObservations } from '../../../../control-plane/domain/serialize.js';
import { backendId } from '../../../../shared/ids.js';
import {
  breaker,
  definition,
  documentOf,
  POOL,
  poolSettings,
  START,
  storyOf,
  typesOf,
} from '../../../support/domain.js';

function arranged() {
  return storyOf(
    documentOf(
      poolSettings({ breaker: breaker() }),
      ['a', 'b', 'c'].map((id) => definition(id)),
    ),
  );
}

function successes(over: object = {}): JournalEntry {
  const of = { pool: POOL, backend: backendId('a'), generation: 2 };
  return { kind: 'successes', at: START, ...of, buckets: [[START / 1_000, 4]], ...over };
}

function segment(told: ReturnType<typeof arranged>, seq: number): JournalEntry {
  return {
    kind: 'segment',
    at: START,
    epoch: 1,
    seq,
    observations: serializeObservations(told.world.observations),
  };
}

describe('replay', () => {
  it('decides commands again', () => {
    const told = arranged();
    const { world } = told;
    const commands = told.commands.length;
    told.report('a', { failures: { reset: 5 } });
    const entries = told.commands
      .slice(commands)
      .map((command) => ({ kind: 'command', at: command.at, command }) as const);
    const replayed = replay(world, entries);
    expect(replayed).toEqual({ world: told.world, events: told.events.slice(-1), problem: null });
  });

  it('refuses again what was refused', () => {
    const told = arranged();
    told.send({ type: 'RemoveBackend', pool: POOL, backend: backendId('z'), expectedVersion: null });
    const command = told.commands.at(-1);
    if (command === undefined) throw new Error('no command');
    const entry = { kind: 'command', at: command.at, command } as const;
    expect(replayStep(told.world, entry)).toEqual({ world: told.world, events: [], problem: null });
  });

  it('adds successes to the window they were added to', () => {
    const told = arranged();
    const lived = storyOf(
      documentOf(
        poolSettings({ breaker: breaker() }),
        ['a', 'b', 'c'].map((id) => definition(id)),
      ),
    );
    lived.report('a', { successes: 4 });
    expect(replayStep(told.world, successes()).world.observations).toEqual(lived.world.observations);
  });

  it('adds them nowhere where they counted for nothing', () => {
    const told = arranged();
    told.report('b', { failures: { reset: 5 } });
    expect(replayStep(told.world, successes({ backend: backendId('b') })).world).toBe(told.world);
    expect(replayStep(told.world, successes({ generation: 1 })).world).toBe(told.world);
    expect(replayStep(told.world, successes({ backend: backendId('z') })).world).toBe(told.world);
    told.when({ type: 'ChangePool', pool: POOL, settings: poolSettings(), expectedVersion: null });
    expect(replayStep(told.world, successes()).world).toBe(told.world);
  });

  it('passes over passes', () => {
    const told = arranged();
    const entry = {
      kind: 'passes',
      at: 1,
      from: 0,
      count: 2,
      pool: POOL,
      backend: backendId('a'),
      generation: 2,
    } as const;
    expect(replayStep(told.world, entry).world).toBe(told.world);
  });

  it('stops where the journal does not follow on the log', () => {
    const told = arranged();
    const { seq } = told.world.state;
    expect(replay(told.world, [segment(told, seq)]).problem).toBeNull();
    const replayed = replay(told.world, [
      segment(told, seq + 3),
      ...told.commands.map((command) => ({ kind: 'command', at: 0, command }) as const),
    ]);
    expect(replayed.problem).toBe(
      `the segment begins after event ${seq + 3}, but what comes before it leads to event ${seq}`,
    );
    expect(typesOf(replayed.events)).toEqual([]);
  });
});
