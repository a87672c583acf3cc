import type { CommandBody } from '../../../../control-plane/domain/commands.js';
import { fold } from '../../../../control-plane/domain/evolve.js';
import type { JournalEntry } from '../../../../control-plane/domain/journal.js';
import { initialObservations } from '../../../../control-plane/domain/observations.js';
import { replay } from '../../../../control-plane/domain/replay.js';
import { initialState } from '../../../../control-plane/domain/state.js';
import { JournalWriter } from '../../../../control-plane/runtime/journal-writer.js';
import { backendId } from '../../../../shared/ids.js';
import { definition, documentOf, healthCheck, POOL, poolSettings, story } from '../../../support/domain.js';

const DOCUMENT = documentOf(poolSettings({ healthCheck: healthCheck() }), [definition('a')]);
const APPLY: CommandBody = {
  type: 'ApplyConfig',
  file: 'tidegate.yaml',
  sha256: 'x',
  document: DOCUMENT,
};

/** A story whose every command goes through a writer. */
function recorded() {
  const told = story();
  const writer = new JournalWriter();
  const send = (body: CommandBody): void => {
    const before = told.world;
    const decision = told.send(body);
    const command = told.commands.at(-1);
    if (command !== undefined) writer.record(command, decision, before);
  };
  const check = (passed: boolean): void => {
    const { generation } = told.backend('a');
    const result = { at: told.at, passed, durationMs: 1 };
    send({ type: 'RecordHealthCheck', pool: POOL, backend: backendId('a'), generation, result });
  };
  send({ type: 'StartPrimary', version: '1', pid: 1 });
  send(APPLY);
  return { told, writer, send, check };
}

function kinds(entries: readonly JournalEntry[]): readonly string[] {
  return entries.map((entry) => (entry.kind === 'command' ? entry.command.type : entry.kind));
}

describe('the journal writer', () => {
  it('begins with a segment', () => {
    const { writer } = recorded();
    expect(kinds(writer.take())).toEqual(['segment', 'StartPrimary', 'ApplyConfig']);
  });

  it('gives each entry once', () => {
    const { writer, check } = recorded();
    writer.take();
    check(false);
    expect(kinds(writer.take())).toEqual(['RecordHealthCheck']);
    expect(writer.take()).toEqual([]);
  });

  it('begins a new segment every hour', () => {
    const { told, writer, check } = recorded();
    writer.take();
    told.at += 3_599_999;
    check(false);
    told.at += 1;
    check(false);
    expect(kinds(writer.take())).toEqual(['RecordHealthCheck', 'segment', 'RecordHealthCheck']);
  });

  it('leaves no gap that a replay would not notice after entries that were given up', () => {
    const { told, writer, send, check } = recorded();
    check(true);
    const stored = [...writer.take()];
    check(false);
    check(false);
    writer.take();
    writer.interrupt();
    check(false);
    send({ type: 'RemoveBackend', pool: POOL, backend: backendId('a'), expectedVersion: null });
    stored.push(...writer.take());
    expect(kinds(stored).filter((kind) => kind === 'segment')).toHaveLength(2);
    const start = { state: initialState(), observations: initialObservations() };
    const replayed = replay(start, stored);
    expect(replayed.problem).toBeNull();
    expect(replayed.events).toEqual(told.events);
    expect(fold(initialState(), replayed.events)).toEqual(told.world.state);
  });

  it('ends pending runs with the process', () => {
    const { writer, check } = recorded();
    check(true);
    writer.take();
    for (let i = 0; i < 5; i += 1) check(true);
    expect(writer.take()).toEqual([]);
    expect(writer.finish()).toMatchObject([{ kind: 'passes', count: 5 }]);
  });
});
