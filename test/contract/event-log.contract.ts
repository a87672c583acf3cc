/** What every event log promises. */
import { matches } from '../../control-plane/event-log/append-rules.js';
import type { EventLog, EventQuery } from '../../control-plane/event-log/event-log.js';
import { backendId, poolId } from '../../shared/ids.js';
import { SAMPLE_POOL, sampleEvent, weightChanged, weightChanges } from '../support/sample-events.js';
import type { PortSubject } from './port-subject.js';

const ALL = { limit: 10_000, order: 'forward' } as const;

export function eventLogContract(subject: PortSubject<EventLog>): void {
  let log: EventLog;
  beforeEach(async () => {
    log = await subject.open();
  });
  afterEach(() => subject.close());
  async function seqs(query: Partial<EventQuery>, of = log): Promise<number[]> {
    return (await of.read({ ...ALL, ...query })).map((event) => event.seq);
  }

  describe('appending', () => {
    it('begins empty', async () => {
      expect(await log.end()).toEqual({ seq: 0, commandId: 0 });
      expect(await log.read(ALL)).toEqual([]);
    });

    it('answers the events as they were, also after it was closed', async () => {
      const events = [
        sampleEvent(1, 'PrimaryStarted', { version: '1', pid: 7 }),
        weightChanged(2),
        sampleEvent(3, 'PoolRemoved', {}, { pool: poolId('p.1') }),
      ];
      await log.append(0, events);
      expect(await (await subject.reopen()).read(ALL)).toEqual(events);
    });

    it('goes on where it ended after it was closed', async () => {
      await log.append(0, weightChanges(1, 3));
      const again = await subject.reopen();
      await again.append(3, weightChanges(4, 2));
      expect(await seqs({}, again)).toEqual([1, 2, 3, 4, 5]);
    });

    it('knows where it ends: by its last event, and the command that led to it', async () => {
      await log.append(0, weightChanges(1, 2));
      await log.append(2, [{ ...weightChanged(3), cause: { command: 'ChangeBackend', id: 12 } }]);
      expect(await log.end()).toEqual({ seq: 3, commandId: 12 });
      await log.append(3, []);
      expect(await (await subject.reopen()).end()).toEqual({ seq: 3, commandId: 12 });
    });

    it('takes nothing at all without complaint', async () => {
      await log.append(0, []);
      expect(await seqs({})).toEqual([]);
    });

    it.each([0, 1, 3])('refuses as a conflict what expects the end at %i, and writes nothing', async (at) => {
      await log.append(0, weightChanges(1, 2));
      await expect(log.append(at, [weightChanged(at + 1)])).rejects.toMatchObject({ kind: 'conflict' });
      expect(await seqs({})).toEqual([1, 2]);
      expect(await log.end()).toEqual({ seq: 2, commandId: 2 });
      await log.append(2, [weightChanged(3)]);
    });

    it('refuses events with a gap and writes nothing', async () => {
      await expect(log.append(0, [weightChanged(1), weightChanged(3)])).rejects.toThrow('does not follow');
      expect(await seqs({})).toEqual([]);
    });

    it('refuses an event that could not be read back, and writes nothing', async () => {
      const broken = sampleEvent(2, 'BreakerHalfOpened', { openedAt: Number.NaN, limit: 1 });
      await expect(log.append(0, [weightChanged(1), broken])).rejects.toThrow('cannot be read back');
      expect(await seqs({})).toEqual([]);
      await log.append(0, [weightChanged(1)]);
      expect(await seqs({})).toEqual([1]);
    });

    it('lets one of two concurrent appends win', async () => {
      const results = await Promise.allSettled([
        log.append(0, weightChanges(1, 2)),
        log.append(0, weightChanges(1, 5)),
      ]);
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
      expect(await seqs({})).toEqual([1, 2]);
    });

    it('keeps concurrent appends that follow each other in order', async () => {
      const firsts = Array.from({ length: 20 }, (_, index) => index * 3);
      await Promise.all(firsts.map((before) => log.append(before, weightChanges(before + 1, 3))));
      expect(await seqs({})).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    });

    it('keeps an event of 1 MiB', async () => {
      const event = sampleEvent(1, 'ConfigRejected', { file: 'f', problems: ['x'.repeat(1024 * 1024)] });
      await log.append(0, [event]);
      expect(await (await subject.reopen()).read(ALL)).toEqual([event]);
    });

    it.each([
      'Grüße, 世界 🌊',
      'quote " backslash \\ null \u0000 end',
      'lone \ud800 half',
      "'; DROP TABLE events; --",
    ])('keeps the text %j', async (text) => {
      const event = sampleEvent(1, 'ConfigRejected', { file: text, problems: [text] });
      await log.append(0, [event]);
      expect(await (await subject.reopen()).read(ALL)).toEqual([event]);
    });

    it('keeps 10,000 events', async () => {
      for (let first = 1; first <= 10_000; first += 500) {
        await log.append(first - 1, weightChanges(first, 500));
      }
      const again = await subject.reopen();
      expect(await again.read(ALL)).toHaveLength(10_000);
      expect(await seqs({ after: 9_998 }, again)).toEqual([9_999, 10_000]);
    });
  });

  describe('reading', () => {
    const web = poolId('web');
    const other = backendId('backend2');
    beforeEach(async () => {
      await log.append(0, [
        sampleEvent(1, 'PrimaryStarted', { version: '1', pid: 7 }),
        weightChanged(2),
        weightChanged(3, other),
        weightChanged(4, other, web),
        sampleEvent(5, 'PoolRemoved', {}, { pool: web }),
        sampleEvent(6, 'PrimaryStopped', { reason: 'asked' }, { at: 5_000 }),
      ]);
    });
    const cases: readonly [string, Partial<EventQuery>, number[]][] = [
      ['everything, oldest first', {}, [1, 2, 3, 4, 5, 6]],
      ['everything, newest first', { order: 'backward' }, [6, 5, 4, 3, 2, 1]],
      ['the oldest few', { limit: 2 }, [1, 2]],
      ['the newest few', { limit: 2, order: 'backward' }, [6, 5]],
      ['after a number', { after: 4 }, [5, 6]],
      ['up to a number', { upTo: 2 }, [1, 2]],
      ['between numbers', { after: 1, upTo: 3 }, [2, 3]],
      ['one type', { types: ['BackendSettingsChanged'] }, [2, 3, 4]],
      ['several types', { types: ['BackendSettingsChanged', 'PrimaryStopped'] }, [2, 3, 4, 6]],
      ['no type', { types: [] }, []],
      ['a pool', { pool: web }, [4, 5]],
      ['a backend of any pool', { backend: other }, [3, 4]],
      ['a backend of a pool', { pool: web, backend: other }, [4]],
      ['a pool itself', { pool: web, backend: null }, [5]],
      ['no backend, of any pool', { backend: null, order: 'backward' }, [6, 5, 1]],
      [
        'types of a backend',
        { pool: web, backend: other, types: ['BackendSettingsChanged', 'BreakerOpened'] },
        [4],
      ],
      [
        'types of a pool',
        { pool: web, types: ['BackendSettingsChanged', 'PoolRemoved'], order: 'backward' },
        [5, 4],
      ],
      ['types that a backend never had', { pool: web, backend: other, types: ['BackendAdded'] }, []],
      [
        'all conditions at once',
        { after: 1, upTo: 5, types: ['BackendSettingsChanged'], backend: other, limit: 1, order: 'backward' },
        [4],
      ],
      ['nothing that is', { pool: poolId('none') }, []],
    ];
    it.each(cases)('answers %s', async (_name, query, expected) => {
      expect(await seqs(query)).toEqual(expected);
    });

    it.each([
      [{ pool: web, backend: other, after: 0, upTo: 6 }, 1],
      [{ pool: web, backend: null, after: 0, upTo: 6 }, 1],
      [{ pool: web, backend: other, after: 4, upTo: 6 }, 0],
      [{ pool: web, backend: null, after: 0, upTo: 4 }, 0],
    ])('counts %j: %i', async (of, expected) => {
      expect(await log.count(of)).toBe(expected);
    });

    it.each([
      ['before the first', 999, 0],
      ['at an event', 3_000, 3],
      ['between two', 3_500, 3],
      ['that several share', 5_000, 6],
      ['after the last', 1e15, 6],
    ])('knows the last event at a time %s', async (_name, at, expected) => {
      expect(await log.seqAt(at)).toBe(expected);
    });
  });

  describe('that is long', () => {
    it('finds the same by any condition, in any order, however many there are', async () => {
      const web = poolId('web');
      const types = ['BackendSettingsChanged', 'BreakerHalfOpened', 'BackendRemoved'] as const;
      const backends = [backendId('a'), backendId('b'), undefined];
      const events = Array.from({ length: 5_000 }, (_, index) => {
        const seq = index + 1;
        const backend = backends[seq % 3];
        const at = { pool: seq % 7 === 0 ? web : SAMPLE_POOL, ...(backend === undefined ? {} : { backend }) };
        if (seq % 11 === 0) return sampleEvent(seq, 'BreakerHalfOpened', { openedAt: 1, limit: 1 }, at);
        return sampleEvent(seq, 'BackendSettingsChanged', { from: { weight: 1 }, to: { weight: 2 } }, at);
      });
      await log.append(0, events);
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
                expect(await seqs(query)).toEqual(expected);
              }
            }
          }
        }
      }
    });

    it.each([0, -1, 10_001, 1.5])('refuses a limit of %d', async (limit) => {
      await expect(log.read({ ...ALL, limit })).rejects.toThrow('limit');
    });
  });

  describe('forgetting', () => {
    beforeEach(async () => log.append(0, weightChanges(1, 1_200)));

    it('forgets the events up to a number, and goes on as before', async () => {
      await log.forget(1_100);
      expect(await seqs({})).toEqual(Array.from({ length: 100 }, (_, index) => 1_101 + index));
      expect(await log.end()).toEqual({ seq: 1_200, commandId: 1_200 });
      await log.append(1_200, [weightChanged(1_201)]);
      expect(await seqs({ order: 'backward', limit: 1 })).toEqual([1_201]);
    });

    it('knows where it ends though it has forgotten all', async () => {
      await log.forget(1_200);
      expect(await log.end()).toEqual({ seq: 1_200, commandId: 1_200 });
      expect(await seqs({})).toEqual([]);
    });

    it('forgets nothing before its first event, or twice', async () => {
      await log.forget(0);
      expect(await seqs({ limit: 1 })).toEqual([1]);
      await log.forget(10);
      await log.forget(5);
      expect(await seqs({ limit: 1 })).toEqual([11]);
    });
  });
}
