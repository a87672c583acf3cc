/** What every event log promises. `open` begins an empty one; `reopen` closes it and opens what is left, if anything survives. */
import { matches } from '../../control-plane/event-log/append-rules.js';
import { EventLogError } from '../../control-plane/event-log/event-log.js';
import type { EventLog, EventQuery } from '../../control-plane/event-log/event-log.js';
import { backendId, poolId } from '../../shared/ids.js';
import {
  SAMPLE_POOL,
  commandEntry,
  eventsLost,
  sampleEvent,
  sampleState,
  segmentEntry,
  weightChanged,
  weightChanges,
} from '../support/sample-events.js';

export interface EventLogSubject {
  open(): Promise<EventLog>;
  /** Absent for a log that dies with its process. */
  reopen?(log: EventLog): Promise<EventLog>;
  /** Takes away what the log is kept in. */
  lose?(log: EventLog): Promise<void>;
}

const ALL = { limit: 10_000, order: 'forward' } as const;

export function eventLogContract(subject: EventLogSubject): void {
  const opened: EventLog[] = [];
  async function openLog(): Promise<EventLog> {
    const log = await subject.open();
    opened.push(log);
    return log;
  }
  async function reopened(log: EventLog): Promise<EventLog> {
    if (subject.reopen === undefined) return log;
    const again = await subject.reopen(log);
    opened.push(again);
    return again;
  }
  async function seqs(log: EventLog, query: Partial<EventQuery>): Promise<number[]> {
    return (await log.read({ ...ALL, ...query })).map((event) => event.seq);
  }
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close();
  });

  describe('appending', () => {
    it('begins empty', async () => {
      const log = await openLog();
      expect(await log.recover()).toEqual({
        checkpoint: expect.objectContaining({ seq: 0, epoch: 0 }),
        events: [],
        lastCommandId: 0,
      });
    });

    it('answers the events as they were, also after it was closed', async () => {
      const events = [
        sampleEvent(1, 'PrimaryStarted', { version: '1', pid: 7 }),
        weightChanged(2),
        sampleEvent(3, 'PoolRemoved', {}, { pool: poolId('p.1') }),
      ];
      const log = await openLog();
      await log.append(0, events, []);
      const again = await reopened(log);
      expect(await again.read(ALL)).toEqual(events);
      expect((await again.recover()).events).toEqual(events);
    });

    it('goes on where it ended after it was closed', async () => {
      const log = await openLog();
      await log.append(0, weightChanges(1, 3), []);
      const again = await reopened(log);
      await again.append(3, weightChanges(4, 2), []);
      expect(await seqs(again, {})).toEqual([1, 2, 3, 4, 5]);
    });

    it('takes nothing at all without complaint', async () => {
      const log = await openLog();
      await log.append(0, [], []);
      expect(await seqs(log, {})).toEqual([]);
    });

    it.each([0, 1, 3])('refuses as a conflict what expects the end at %i, and writes nothing', async (at) => {
      const log = await openLog();
      await log.append(0, weightChanges(1, 2), [segmentEntry(1, 0)]);
      await expect(log.append(at, [weightChanged(at + 1)], [commandEntry(9, 9)])).rejects.toMatchObject({
        kind: 'conflict',
      });
      expect(await seqs(log, {})).toEqual([1, 2]);
      expect(await journal(log, 0, Infinity)).toEqual([segmentEntry(1, 0)]);
      expect((await log.recover()).lastCommandId).toBe(0);
      await log.append(2, [weightChanged(3)], []);
    });

    it('refuses events with a gap and writes nothing', async () => {
      const log = await openLog();
      await expect(log.append(0, [weightChanged(1), weightChanged(3)], [])).rejects.toThrow(
        'does not follow',
      );
      expect(await seqs(log, {})).toEqual([]);
    });

    it('refuses an event that could not be read back, and writes nothing', async () => {
      const log = await openLog();
      const broken = sampleEvent(2, 'BreakerHalfOpened', { openedAt: Number.NaN, limit: 1 });
      await expect(log.append(0, [weightChanged(1), broken], [])).rejects.toThrow('cannot be read back');
      expect(await seqs(log, {})).toEqual([]);
      await log.append(0, [weightChanged(1)], []);
      expect(await seqs(log, {})).toEqual([1]);
    });

    describe('after events that were lost', () => {
      const base = sampleState(5);
      const told = eventsLost(6, { first: 3, last: 5 });

      it('goes on from the state that they led to, as its checkpoint', async () => {
        const log = await openLog();
        await log.append(0, weightChanges(1, 2), []);
        await log.append(2, [told, weightChanged(7)], [segmentEntry(6, 5)], base);
        const again = await reopened(log);
        expect(await seqs(again, {})).toEqual([1, 2, 6, 7]);
        expect(await again.recover()).toMatchObject({ checkpoint: base, events: [told, weightChanged(7)] });
        expect(await again.checkpointBefore(5)).toEqual(base);
        expect((await again.checkpointBefore(4)).seq).toBe(0);
        await again.append(7, [weightChanged(8)], []);
      });

      it('refuses a gap that nothing tells of, and writes nothing', async () => {
        const log = await openLog();
        await log.append(0, weightChanges(1, 2), []);
        await expect(log.append(2, [weightChanged(6)], [], base)).rejects.toThrow('nothing tells');
        await expect(log.append(2, [told], [])).rejects.toThrow('does not follow');
        expect((await log.recover()).checkpoint.seq).toBe(0);
        await log.append(2, [weightChanged(3)], []);
      });

      it.each([1, 2, 3, 5])('forgets what is old, with %i events kept', async (keepEvents) => {
        const log = await openLog();
        await log.append(0, weightChanges(1, 2), []);
        await log.saveCheckpoint(sampleState(2));
        await log.append(2, [told, weightChanged(7)], [], base);
        await log.saveCheckpoint(sampleState(7));
        await log.retain({ journalBefore: 0, journalBytes: 1_000_000, keepEvents });
        const again = await reopened(log);
        expect(await seqs(again, {})).toEqual([6, 7]);
        await again.append(7, [weightChanged(8)], []);
      });
    });

    it('makes itself anew from a state and what follows on it', async () => {
      const log = await openLog();
      await log.append(0, weightChanges(1, 2), [segmentEntry(1, 0), commandEntry(4, 1)]);
      await subject.lose?.(log);
      const events = [weightChanged(3), eventsLost(4, { first: 1, last: 2 })];
      await log.renew(sampleState(2), events, [segmentEntry(4, 3), commandEntry(9, 4)]);
      await log.append(4, [weightChanged(5)], []);
      const again = await reopened(log);
      expect(await seqs(again, {})).toEqual([3, 4, 5]);
      expect(await again.recover()).toMatchObject({ checkpoint: sampleState(2), lastCommandId: 9 });
      expect(await journal(again, 0, Infinity)).toEqual([segmentEntry(4, 3), commandEntry(9, 4)]);
      await expect(again.checkpointBefore(1)).rejects.toMatchObject({ kind: 'forgotten' });
    });

    it('finds nothing wrong with itself when it is looked at', async () => {
      const log = await openLog();
      await log.check(false);
      await log.check(true);
      await log.append(0, weightChanges(1, 2), []);
      await log.check(true);
    });

    it('lets one of two concurrent appends win', async () => {
      const log = await openLog();
      const results = await Promise.allSettled([
        log.append(0, weightChanges(1, 2), []),
        log.append(0, weightChanges(1, 5), []),
      ]);
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
      expect(await seqs(log, {})).toEqual([1, 2]);
    });

    it('keeps concurrent appends that follow each other in order', async () => {
      const log = await openLog();
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => log.append(index * 3, weightChanges(index * 3 + 1, 3), [])),
      );
      expect(await seqs(log, {})).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    });

    it('keeps an event of 1 MiB', async () => {
      const event = sampleEvent(1, 'ConfigRejected', { file: 'f', problems: ['x'.repeat(1024 * 1024)] });
      const log = await openLog();
      await log.append(0, [event], []);
      expect(await (await reopened(log)).read(ALL)).toEqual([event]);
    });

    it.each([
      'Grüße, 世界 🌊',
      'quote " backslash \\ null \u0000 end',
      'lone \ud800 half',
      "'; DROP TABLE events; --",
    ])('keeps the text %j', async (text) => {
      const event = sampleEvent(1, 'ConfigRejected', { file: text, problems: [text] });
      const log = await openLog();
      await log.append(0, [event], []);
      expect(await (await reopened(log)).read(ALL)).toEqual([event]);
    });

    it('keeps 10,000 events', async () => {
      const log = await openLog();
      for (let first = 1; first <= 10_000; first += 500)
        await log.append(first - 1, weightChanges(first, 500), []);
      const again = await reopened(log);
      expect((await again.recover()).events).toHaveLength(10_000);
      expect(await seqs(again, { after: 9_998 })).toEqual([9_999, 10_000]);
    });
  });

  describe('reading', () => {
    const web = poolId('web');
    const other = backendId('backend2');
    async function filled(): Promise<EventLog> {
      const log = await openLog();
      await log.append(
        0,
        [
          sampleEvent(1, 'PrimaryStarted', { version: '1', pid: 7 }),
          weightChanged(2),
          weightChanged(3, other),
          weightChanged(4, other, web),
          sampleEvent(5, 'PoolRemoved', {}, { pool: web }),
          sampleEvent(6, 'PrimaryStopped', { reason: 'asked' }, { at: 5_000 }),
        ],
        [],
      );
      return log;
    }
    const cases: readonly [string, Partial<EventQuery>, number[]][] = [
      ['everything, oldest first', {}, [1, 2, 3, 4, 5, 6]],
      ['everything, newest first', { order: 'backward' }, [6, 5, 4, 3, 2, 1]],
      ['the oldest few', { limit: 2 }, [1, 2]],
      ['the newest few', { limit: 2, order: 'backward' }, [6, 5]],
      ['after a number', { after: 4 }, [5, 6]],
      ['up to a number', { upTo: 2 }, [1, 2]],
      ['between numbers', { after: 1, upTo: 3 }, [2, 3]],
      ['one type', { types: ['WeightChanged'] }, [2, 3, 4]],
      ['several types', { types: ['WeightChanged', 'PrimaryStopped'] }, [2, 3, 4, 6]],
      ['no type', { types: [] }, []],
      ['a pool', { pool: web }, [4, 5]],
      ['a backend of any pool', { backend: other }, [3, 4]],
      ['a backend of a pool', { pool: web, backend: other }, [4]],
      ['a pool itself', { pool: web, backend: null }, [5]],
      ['no backend, of any pool', { backend: null, order: 'backward' }, [6, 5, 1]],
      ['types of a backend', { pool: web, backend: other, types: ['WeightChanged', 'BreakerOpened'] }, [4]],
      ['types of a pool', { pool: web, types: ['WeightChanged', 'PoolRemoved'], order: 'backward' }, [5, 4]],
      ['types that a backend never had', { pool: web, backend: other, types: ['BackendAdded'] }, []],
      [
        'all conditions at once',
        { after: 1, upTo: 5, types: ['WeightChanged'], backend: other, limit: 1, order: 'backward' },
        [4],
      ],
      ['nothing that is', { pool: poolId('none') }, []],
    ];
    it.each(cases)('answers %s', async (_name, query, expected) => {
      expect(await seqs(await filled(), query)).toEqual(expected);
    });

    it.each([
      [{ pool: web, backend: other, after: 0, upTo: 6 }, 1],
      [{ pool: web, backend: null, after: 0, upTo: 6 }, 1],
      [{ pool: web, backend: other, after: 4, upTo: 6 }, 0],
      [{ pool: web, backend: null, after: 0, upTo: 4 }, 0],
    ])('counts %j: %i', async (of, expected) => {
      expect(await (await filled()).count(of)).toBe(expected);
    });

    it.each([
      ['before the first', 999, 0],
      ['at an event', 3_000, 3],
      ['between two', 3_500, 3],
      ['that several share', 5_000, 6],
      ['after the last', 1e15, 6],
    ])('knows the last event at a time %s', async (_name, at, expected) => {
      expect(await (await filled()).seqAt(at)).toBe(expected);
    });

    it('finds the same by any condition, in any order, however many there are', async () => {
      const log = await openLog();
      const types = ['WeightChanged', 'BreakerHalfOpened', 'BackendRemoved'] as const;
      const backends = [backendId('a'), backendId('b'), undefined];
      const events = Array.from({ length: 5_000 }, (_, index) => {
        const seq = index + 1;
        const backend = backends[seq % 3];
        const at = { pool: seq % 7 === 0 ? web : SAMPLE_POOL, ...(backend === undefined ? {} : { backend }) };
        if (seq % 11 === 0) return sampleEvent(seq, 'BreakerHalfOpened', { openedAt: 1, limit: 1 }, at);
        return sampleEvent(seq, 'WeightChanged', { from: 1, to: 2 }, at);
      });
      await log.append(0, events, []);
      for (const order of ['forward', 'backward'] as const) {
        for (const pool of [undefined, web]) {
          for (const backend of [undefined, null, backendId('b')]) {
            for (const asked of [undefined, ['BreakerHalfOpened'], types] as const) {
              for (const limit of [1, 60, 10_000]) {
                const query: EventQuery = {
                  after: 100,
                  upTo: 4_900,
                  limit,
                  order,
                  ...(pool === undefined ? {} : { pool }),
                  ...(backend === undefined ? {} : { backend }),
                  ...(asked === undefined ? {} : { types: asked }),
                };
                const all = events.filter((event) => matches(event, query)).map(({ seq }) => seq);
                const expected = (order === 'forward' ? all : all.toReversed()).slice(0, limit);
                expect(await seqs(log, query)).toEqual(expected);
              }
            }
          }
        }
      }
    });

    it.each([0, -1, 10_001, 1.5])('refuses a limit of %d', async (limit) => {
      const log = await openLog();
      await expect(log.read({ ...ALL, limit })).rejects.toThrow('limit');
    });
  });

  describe('checkpoints', () => {
    it('recovers the state saved and the events after it', async () => {
      const log = await openLog();
      await log.append(0, weightChanges(1, 5), []);
      await log.saveCheckpoint(sampleState(3, 40));
      const recovered = await (await reopened(log)).recover();
      expect(recovered.checkpoint).toEqual(sampleState(3, 40));
      expect(recovered.events.map((event) => event.seq)).toEqual([4, 5]);
    });

    it('answers the newest checkpoint at or before an event', async () => {
      const log = await openLog();
      await log.append(0, weightChanges(1, 9), []);
      for (const seq of [6, 3]) await log.saveCheckpoint(sampleState(seq));
      expect((await log.recover()).checkpoint.seq).toBe(6);
      for (const [asked, found] of [
        [2, 0],
        [3, 3],
        [5, 3],
        [6, 6],
        [100, 6],
      ] as const) {
        expect((await log.checkpointBefore(asked)).seq).toBe(found);
      }
    });

    it('replaces the checkpoint of the same event', async () => {
      const log = await openLog();
      await log.append(0, weightChanges(1, 3), []);
      await log.saveCheckpoint(sampleState(3, 1));
      await log.saveCheckpoint(sampleState(3, 2));
      expect((await log.recover()).checkpoint).toEqual(sampleState(3, 2));
    });

    it('refuses a checkpoint of what is not yet written', async () => {
      const log = await openLog();
      await expect(log.saveCheckpoint(sampleState(1))).rejects.toThrow('a checkpoint at 1');
    });
  });

  describe('the journal', () => {
    it('answers the entries in the order written, from the segment that holds the time asked', async () => {
      const log = await openLog();
      const first = [segmentEntry(10, 0), commandEntry(1, 11), commandEntry(2, 19)];
      const second = [segmentEntry(20, 0), commandEntry(3, 25), commandEntry(4, 30)];
      const third = [segmentEntry(40, 0), commandEntry(5, 41)];
      await log.append(0, [], first);
      await log.append(0, weightChanges(1, 2), second.slice(0, 2));
      await log.append(2, [], [...second.slice(2), ...third]);
      const again = await reopened(log);
      expect(await journal(again, 0, Infinity)).toEqual([...first, ...second, ...third]);
      expect(await journal(again, 25, Infinity)).toEqual([...second, ...third]);
      expect(await journal(again, 20, 29)).toEqual(second.slice(0, 2));
      expect(await journal(again, 19, 20)).toEqual([...first, segmentEntry(20, 0)]);
      expect(await journal(again, 99, Infinity)).toEqual(third);
      expect((await again.recover()).lastCommandId).toBe(5);
    });

    it('keeps every kind of entry as it was', async () => {
      const place = { pool: poolId('web'), backend: backendId('b'), generation: 4 };
      const entries = [
        segmentEntry(1, 0),
        { kind: 'passes', at: 9, ...place, from: 2, count: 8 },
        {
          kind: 'successes',
          at: 9,
          ...place,
          buckets: [
            [7, 3],
            [8, 1],
          ],
        },
        commandEntry(1, 10),
      ] as const;
      const log = await openLog();
      await log.append(0, [], entries);
      expect(await journal(await reopened(log), 0, Infinity)).toEqual(entries);
    });

    it('answers more entries than fit a page', async () => {
      const entries = [
        segmentEntry(0, 0),
        ...Array.from({ length: 1_200 }, (_, id) => commandEntry(id + 1, id)),
      ];
      const log = await openLog();
      await log.append(0, [], entries);
      expect(await journal(log, 5, Infinity)).toHaveLength(1_201);
    });
  });

  describe('retention', () => {
    const keepAll = { journalBefore: 0, journalBytes: Infinity, keepEvents: Infinity };
    async function filled(): Promise<EventLog> {
      const log = await openLog();
      await log.append(0, weightChanges(1, 10), [segmentEntry(10, 0), commandEntry(1, 11)]);
      await log.append(10, weightChanges(11, 10), [segmentEntry(20, 15), commandEntry(2, 21)]);
      await log.append(20, weightChanges(21, 10), [segmentEntry(30, 25), commandEntry(3, 31)]);
      for (const seq of [8, 14, 28]) await log.saveCheckpoint(sampleState(seq));
      return log;
    }

    it('forgets nothing when nothing is too old', async () => {
      const log = await filled();
      await log.retain(keepAll);
      expect(await seqs(log, {})).toHaveLength(30);
      expect(await journal(log, 0, Infinity)).toHaveLength(6);
    });

    it('forgets segments that ended before a time, and keeps what replaying the others needs', async () => {
      const log = await filled();
      await log.retain({ ...keepAll, journalBefore: 25, keepEvents: 1 });
      expect((await journal(log, 0, Infinity))[0]).toEqual(segmentEntry(20, 15));
      expect((await log.checkpointBefore(15)).seq).toBe(14);
      expect(await seqs(log, {})).toEqual(Array.from({ length: 16 }, (_, index) => 15 + index));
    });

    it('keeps the newest segment however old and large it is', async () => {
      const log = await filled();
      await log.retain({ journalBefore: 1e9, journalBytes: 0, keepEvents: Infinity });
      expect(await journal(log, 0, Infinity)).toEqual([segmentEntry(30, 25), commandEntry(3, 31)]);
      expect(await seqs(log, {})).toHaveLength(30);
    });

    it('keeps as many of the newest segments as the size allows', async () => {
      const log = await filled();
      const perSegment =
        Buffer.byteLength(JSON.stringify(segmentEntry(20, 15))) +
        Buffer.byteLength(JSON.stringify(commandEntry(2, 21)));
      await log.retain({ ...keepAll, journalBytes: 2 * perSegment });
      expect((await journal(log, 0, Infinity))[0]).toEqual(segmentEntry(20, 15));
      await log.retain({ ...keepAll, journalBytes: 2 * perSegment - 1 });
      expect((await journal(log, 0, Infinity))[0]).toEqual(segmentEntry(30, 25));
    });

    it('keeps at least as many of the newest events as asked', async () => {
      const log = await filled();
      await log.retain({ journalBefore: 1e9, journalBytes: 0, keepEvents: 17 });
      expect(await seqs(log, {})).toEqual(Array.from({ length: 22 }, (_, index) => 9 + index));
    });

    it('recovers, appends and reads as before afterwards', async () => {
      const log = await filled();
      await log.retain({ journalBefore: 1e9, journalBytes: 0, keepEvents: 0 });
      const again = await reopened(log);
      const recovered = await again.recover();
      expect(recovered.checkpoint).toEqual(sampleState(28));
      expect(recovered.events.map((event) => event.seq)).toEqual([29, 30]);
      expect(recovered.lastCommandId).toBe(3);
      await again.append(30, weightChanges(31, 1), [commandEntry(4, 40)]);
      expect((await seqs(again, {})).at(-1)).toBe(31);
    });

    it('says so when a state was forgotten', async () => {
      const log = await filled();
      await log.retain({ journalBefore: 1e9, journalBytes: 0, keepEvents: 0 });
      await expect(log.checkpointBefore(7)).rejects.toMatchObject({ kind: 'forgotten' });
    });

    it('forgets more than fits one step, and leaves what the rest is built on', async () => {
      const log = await openLog();
      await log.append(0, weightChanges(1, 9_000), [segmentEntry(1, 0), segmentEntry(2, 9_000)]);
      for (const seq of [2_500, 5_000, 8_900]) await log.saveCheckpoint(sampleState(seq));
      await log.retain({ journalBefore: 1e9, journalBytes: 0, keepEvents: 4_000 });
      expect((await seqs(log, {}))[0]).toBe(5_001);
      await expect(log.checkpointBefore(4_999)).rejects.toMatchObject({ kind: 'forgotten' });
      expect(await log.checkpointBefore(6_000)).toEqual(sampleState(5_000));
      expect((await (await reopened(log)).recover()).checkpoint).toEqual(sampleState(8_900));
    });

    it('thins out checkpoints that are close together, the newest aside', async () => {
      const log = await openLog();
      await log.append(0, weightChanges(1, 9_000), []);
      for (let seq = 500; seq <= 9_000; seq += 500) await log.saveCheckpoint(sampleState(seq));
      await log.retain({ journalBefore: 0, journalBytes: 1e9, keepEvents: 10_000 });
      const left: number[] = [];
      for (let seq = 500; seq <= 9_000; seq += 500) {
        const state = await log.checkpointBefore(seq);
        if (left.at(-1) !== state.seq) left.push(state.seq);
      }
      expect(left).toEqual([500, 2_500, 4_500, 6_500, 8_000, 8_500, 9_000]);
    });

    it('forgets no event without a checkpoint to build on', async () => {
      const log = await openLog();
      await log.append(0, weightChanges(1, 10), []);
      await log.retain({ journalBefore: 1e9, journalBytes: 0, keepEvents: 0 });
      expect(await seqs(log, {})).toHaveLength(10);
    });
  });

  describe('closing', () => {
    it('may be done twice', async () => {
      const log = await openLog();
      await log.close();
      await log.close();
    });

    it('ends all use', async () => {
      const log = await openLog();
      await log.close();
      for (const use of [
        log.recover(),
        log.append(0, [], []),
        log.read(ALL),
        log.checkpointBefore(0),
        log.saveCheckpoint(sampleState(0)),
        log.retain({ journalBefore: 0, journalBytes: 0, keepEvents: 0 }),
        log.count({ pool: SAMPLE_POOL, backend: null, after: 0, upTo: 1 }),
        log.seqAt(0),
        journal(log, 0, 1),
      ]) {
        await expect(use).rejects.toBeInstanceOf(EventLogError);
      }
    });
  });
}

async function journal(log: EventLog, from: number, to: number): Promise<unknown[]> {
  const entries: unknown[] = [];
  for await (const entry of log.readJournal(from, to)) entries.push(entry);
  return entries;
}
