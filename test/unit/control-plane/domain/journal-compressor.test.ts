import {
  JournalCompressor,
  MAX_PENDING_BACKENDS,
  MAX_RUN_AGE_MS,
} from '../../../../control-plane/domain/journal-compressor.js';
import { decide } from '../../../../control-plane/domain/decide.js';
import type { Command, CommandBody } from '../../../../control-plane/domain/commands.js';
import type { JournalEntry } from '../../../../control-plane/domain/journal.js';
import { backendId } from '../../../../shared/ids.js';
import {
  breaker,
  definition,
  documentOf,
  healthCheck,
  POOL,
  poolSettings,
  START,
  storyOf,
} from '../../../support/domain.js';
import { worker } from '../../../support/workers.js';

const SETTINGS = poolSettings({ breaker: breaker(), healthCheck: healthCheck() });

function arranged(names: readonly string[] = ['a', 'b', 'c']) {
  const told = storyOf(
    documentOf(
      SETTINGS,
      names.map((id) => definition(id)),
    ),
  );
  for (const id of names) told.check(id, true);
  const compressor = new JournalCompressor();
  let { world } = told;
  let at = START;
  let id = 1_000;
  const send = (body: CommandBody): readonly JournalEntry[] => {
    id += 1;
    const command: Command = { ...body, id, at, seed: id, actor: { kind: 'traffic' } };
    const decision = decide(command, world);
    const entries = compressor.step(command, decision, world);
    if (decision.kind === 'accepted') world = decision.world;
    return entries;
  };
  const of = (name: string) => ({ pool: POOL, backend: backendId(name), generation: 2 });
  return {
    compressor,
    send,
    later: (ms: number) => (at += ms),
    world: () => world,
    check: (name: string, passed: boolean, generation = 2) =>
      send({ type: 'RecordHealthCheck', ...of(name), generation, result: { at, passed, durationMs: 1 } }),
    report: (name: string, successes: number, failures = {}, generation = 2) =>
      send({
        type: 'RecordOutcomes',
        worker: worker(1),
        outcomes: [{ ...of(name), generation, successes, failures, trials: [] }],
      }),
  };
}

const kinds = (entries: readonly JournalEntry[]) => entries.map((entry) => entry.kind);

describe('the journal', () => {
  it('makes runs of passes that changed nothing', () => {
    const journal = arranged();
    for (let count = 0; count < 3; count += 1) {
      expect(journal.check('a', true)).toEqual([]);
      journal.later(1_000);
    }
    expect(journal.compressor.flush()).toEqual([
      { kind: 'passes', at: START + 2_000, pool: POOL, backend: 'a', generation: 2, from: START, count: 3 },
    ]);
    expect(journal.compressor.flush()).toEqual([]);
  });

  it('makes runs of successes, second by second', () => {
    const journal = arranged();
    journal.report('a', 2);
    journal.report('a', 3);
    journal.later(1_500);
    journal.report('a', 4);
    journal.later(-1_000);
    journal.report('a', 5);
    expect(journal.compressor.flush()).toMatchObject([
      {
        kind: 'successes',
        buckets: [
          [START / 1_000, 5],
          [START / 1_000 + 1, 9],
        ],
      },
    ]);
  });

  it('keeps what changed something, with the runs of its backend before it and those of others still pending', () => {
    const journal = arranged();
    journal.check('a', true);
    journal.report('a', 1);
    journal.check('b', true);
    expect(kinds(journal.check('a', false))).toEqual(['passes', 'successes', 'command']);
    expect(kinds(journal.check('a', true))).toEqual(['command']);
    expect(kinds(journal.compressor.flush())).toEqual(['passes']);
  });

  it('keeps a report whole when only a part of it is of failures', () => {
    const journal = arranged();
    const part = { pool: POOL, generation: 2, successes: 3, failures: {}, trials: [] };
    const outcomes = [
      { ...part, backend: backendId('a') },
      { ...part, backend: backendId('b'), failures: { reset: 1 } },
    ];
    expect(kinds(journal.send({ type: 'RecordOutcomes', worker: worker(1), outcomes }))).toEqual(['command']);
  });

  it('writes the runs of all that an event is about before it', () => {
    const journal = arranged();
    journal.report('a', 1);
    journal.report('b', 1);
    const settings = { ...SETTINGS, breaker: null };
    const change = { type: 'ChangePool', pool: POOL, settings, expectedVersion: null } as const;
    expect(kinds(journal.send(change))).toEqual(['successes', 'successes', 'command']);
    journal.check('a', true);
    const document = documentOf(SETTINGS, []);
    const apply = { type: 'ApplyConfig', file: 'f', sha256: 's', document } as const;
    expect(kinds(journal.send(apply))).toEqual(['passes', 'command']);
  });

  it.each<[string, CommandBody]>([
    ['removes it', { type: 'RemoveBackend', pool: POOL, backend: backendId('a'), expectedVersion: null }],
    ['is refused', { type: 'AddBackend', pool: POOL, backend: definition('a'), expectedVersion: null }],
    [
      'changes it',
      {
        type: 'ChangeBackend',
        pool: POOL,
        backend: backendId('a'),
        changes: { weight: 3 },
        expectedVersion: null,
      },
    ],
    ['begins anew', { type: 'StartPrimary', version: '1', pid: 1 }],
  ])('writes the runs of a backend before a command that %s', (_name, body) => {
    const journal = arranged();
    journal.check('a', true);
    expect(kinds(journal.send(body))).toEqual(['passes', 'command']);
  });

  it.each<CommandBody>([
    { type: 'AdvanceTime' },
    { type: 'StopPrimary', reason: 'x' },
    { type: 'RejectConfig', file: 'f', problems: [] },
    { type: 'RecordWorkerStarted', worker: worker(3), pid: 3 },
    { type: 'RecordWorkerReady', worker: worker(3) },
    { type: 'RecordWorkerExited', worker: worker(3), pid: 3, reason: 'x', expected: true },
    { type: 'RecordCertificate', certFile: 'c', fingerprint: 'f', subject: 's', notAfter: 1 },
    { type: 'RejectCertificate', certFile: 'c', problem: 'p' },
  ])('leaves runs pending that $type does not touch', (body) => {
    const journal = arranged();
    journal.check('a', true);
    expect(kinds(journal.send(body))).toEqual(['command']);
  });

  it('drops what is about a backend that is not there', () => {
    const journal = arranged();
    journal.check('a', true, 1);
    journal.check('z', true);
    journal.report('z', 5);
    journal.report('a', 5, {}, 1);
    journal.report('a', 0);
    expect(journal.compressor.flush()).toEqual([]);
  });

  it('writes all runs once the oldest has its age', () => {
    const journal = arranged();
    journal.check('a', true);
    journal.later(MAX_RUN_AGE_MS - 1);
    expect(journal.check('b', true)).toEqual([]);
    journal.later(1);
    expect(kinds(journal.check('c', true))).toEqual(['passes', 'passes']);
    journal.later(MAX_RUN_AGE_MS - 1);
    expect(journal.check('a', true)).toEqual([]);
  });

  it('writes all runs once there are too many', () => {
    const names = Array.from({ length: MAX_PENDING_BACKENDS }, (_, index) => `n${index}`);
    const journal = arranged(names);
    for (const name of names) expect(journal.report(name, 1)).toEqual([]);
    expect(journal.report('n0', 1)).toHaveLength(MAX_PENDING_BACKENDS);
  });

  it('ends the segment before with its runs, and begins the next with what is observed', () => {
    const journal = arranged();
    journal.report('a', 1);
    const entries = journal.compressor.segment(journal.world(), START + 5);
    expect(kinds(entries)).toEqual(['successes', 'segment']);
    expect(entries[1]).toMatchObject({
      at: START + 5,
      epoch: 1,
      seq: journal.world().state.seq,
      observations: {
        workers: [worker(1)],
        pools: [[POOL, [['a', { window: [{ successes: 1 }] }]]]],
      },
    });
  });
});
