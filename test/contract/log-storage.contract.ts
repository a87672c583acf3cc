/**
 * What every storage of a primary promises: the ports of event log, checkpoints and journal each as its own contract says, and
 * of the three together what is here.
 */
import { EventLogError, type EventQuery } from '../../control-plane/event-log/event-log.js';
import type { LogStorage } from '../../control-plane/event-log/log-storage.js';
import { recover } from '../../control-plane/event-log/recover.js';
import { retain } from '../../control-plane/event-log/retain.js';
import {
  SAMPLE_POOL,
  commandEntry,
  eventsLost,
  sampleState,
  segmentEntry,
  weightChanged,
  weightChanges,
} from '../support/sample-events.js';
import { checkpointsContract } from './checkpoints.contract.js';
import { eventLogContract } from './event-log.contract.js';
import { entriesOf, journalContract } from './observation-journal.contract.js';
import { type PortSubject, partOf } from './port-subject.js';

export interface LogStorageSubject extends PortSubject<LogStorage> {
  /** Takes away what it is kept in. */
  lose?(): Promise<void>;
}

const ALL = { limit: 10_000, order: 'forward' } as const;

export function logStorageContracts(subject: LogStorageSubject): void {
  describe('the event log', () => eventLogContract(partOf(subject, ({ events }) => events)));
  describe('checkpoints', () => {
    const withEvents = ({ events }: LogStorage) => events.append(0, weightChanges(1, 9_000));
    checkpointsContract(partOf(subject, ({ checkpoints }) => checkpoints, withEvents));
  });
  describe('the observation journal', () => journalContract(partOf(subject, ({ journal }) => journal)));
  describe('all three together', () => logStorageContract(subject));
}

function logStorageContract(subject: LogStorageSubject): void {
  let log: LogStorage;
  beforeEach(async () => {
    log = await subject.open();
  });
  afterEach(() => subject.close());
  async function seqs(query: Partial<EventQuery> = {}, of = log): Promise<number[]> {
    return (await of.events.read({ ...ALL, ...query })).map((event) => event.seq);
  }
  const journalOf = ({ journal }: LogStorage) => entriesOf(journal, 0, Infinity);

  describe('appending', () => {
    it('stores events with the entries of the commands that led to them, or each alone', async () => {
      expect(await log.append(0, { events: [], entries: [segmentEntry(1, 0)] })).toBe('all');
      await log.append(0, { events: weightChanges(1, 2), entries: [commandEntry(4, 1)] });
      await log.append(2, { events: [weightChanged(3)], entries: [] });
      const again = await subject.reopen();
      expect(await seqs({}, again)).toEqual([1, 2, 3]);
      expect(await journalOf(again)).toEqual([segmentEntry(1, 0), commandEntry(4, 1)]);
    });

    it.each([0, 1, 3])('refuses as a conflict what expects the end at %i, and writes nothing', async (at) => {
      await log.append(0, { events: weightChanges(1, 2), entries: [segmentEntry(1, 0)] });
      const late = { events: [weightChanged(at + 1)], entries: [commandEntry(9, 9)] };
      await expect(log.append(at, late)).rejects.toMatchObject({ kind: 'conflict' });
      await expect(log.append(at, { ...late, events: [] })).rejects.toMatchObject({ kind: 'conflict' });
      expect(await seqs()).toEqual([1, 2]);
      expect(await journalOf(log)).toEqual([segmentEntry(1, 0)]);
    });

    it('writes no event when an entry could not be read back, and no entry when an event could not', async () => {
      const broken = { ...weightChanged(1), at: Number.NaN };
      const entries = [segmentEntry(1, 0)];
      await expect(log.append(0, { events: [broken], entries })).rejects.toThrow('cannot be read back');
      const unreadable = [...entries, commandEntry(Number.NaN, 5)];
      const bad = { events: [weightChanged(1)], entries: unreadable };
      await expect(log.append(0, bad)).rejects.toThrow('cannot be read back');
      expect(await seqs()).toEqual([]);
      expect(await journalOf(log)).toEqual([]);
    });

    describe('after events that were lost', () => {
      const base = sampleState(5);
      const told = eventsLost(6, { first: 3, last: 5 });

      it('goes on from the state that they led to, as its checkpoint', async () => {
        await log.events.append(0, weightChanges(1, 2));
        await log.append(2, { events: [told, weightChanged(7)], entries: [segmentEntry(6, 5)], base });
        const again = await subject.reopen();
        expect(await seqs({}, again)).toEqual([1, 2, 6, 7]);
        expect(await recover(again)).toMatchObject({ checkpoint: base, events: [told, weightChanged(7)] });
        expect(await again.checkpoints.before(5)).toEqual(base);
        expect(await again.checkpoints.before(4)).toBeNull();
        await again.events.append(7, [weightChanged(8)]);
      });

      it('refuses a gap that nothing tells of, and writes nothing', async () => {
        await log.events.append(0, weightChanges(1, 2));
        await expect(log.append(2, { events: [weightChanged(6)], entries: [], base })).rejects.toThrow(
          'does not follow',
        );
        await expect(log.append(2, { events: [told], entries: [] })).rejects.toThrow('no state leads');
        expect((await recover(log)).checkpoint.seq).toBe(0);
        await log.events.append(2, [weightChanged(3)]);
      });

      it.each([1, 2, 3, 5])('forgets what is old, with %i events kept', async (keepEvents) => {
        await log.events.append(0, weightChanges(1, 2));
        await log.checkpoints.save(sampleState(2));
        await log.append(2, { events: [told, weightChanged(7)], entries: [], base });
        await log.checkpoints.save(sampleState(7));
        await retain(log, { journal: { before: 0, bytes: 1_000_000 }, keepEvents });
        const again = await subject.reopen();
        expect(await seqs({}, again)).toEqual([6, 7]);
        await again.events.append(7, [weightChanged(8)]);
      });
    });

    it('makes itself anew from a state and what follows on it', async () => {
      await log.append(0, { events: weightChanges(1, 2), entries: [segmentEntry(1, 0), commandEntry(4, 1)] });
      await subject.lose?.();
      const events = [weightChanged(3), eventsLost(4, { first: 1, last: 2 })];
      await log.renew(sampleState(2), { events, entries: [segmentEntry(4, 3), commandEntry(9, 4)] });
      await log.events.append(4, [weightChanged(5)]);
      const again = await subject.reopen();
      expect(await seqs({}, again)).toEqual([3, 4, 5]);
      expect(await recover(again)).toMatchObject({ checkpoint: sampleState(2), lastCommandId: 5 });
      expect(await journalOf(again)).toEqual([segmentEntry(4, 3), commandEntry(9, 4)]);
      expect(await again.checkpoints.before(1)).toBeNull();
    });

    it('finds nothing wrong with itself when it is looked at', async () => {
      await log.check(false);
      await log.check(true);
      await log.events.append(0, weightChanges(1, 2));
      await log.check(true);
    });
  });

  describe('recovering', () => {
    it('begins with nothing', async () => {
      expect(await recover(log)).toEqual({
        checkpoint: expect.objectContaining({ seq: 0, epoch: 0 }),
        events: [],
        lastCommandId: 0,
      });
    });

    it('takes the newest checkpoint, the events after it and the last command that led to one', async () => {
      await log.append(0, {
        events: weightChanges(1, 5),
        entries: [segmentEntry(1, 0), commandEntry(77, 5)],
      });
      for (const seq of [2, 3]) await log.checkpoints.save(sampleState(seq, 40));
      const { checkpoint, events, lastCommandId } = await recover(await subject.reopen());
      expect(checkpoint).toEqual(sampleState(3, 40));
      expect(events).toEqual(weightChanges(4, 2));
      expect(lastCommandId).toBe(5);
    });

    it('takes more events than are read at once', async () => {
      for (let first = 1; first <= 12_000; first += 4_000) {
        await log.events.append(first - 1, weightChanges(first, 4_000));
      }
      expect((await recover(log)).events).toEqual(weightChanges(1, 12_000));
    });

    it('fails when no checkpoint leads to the first event', async () => {
      await log.events.append(0, weightChanges(1, 5));
      await log.events.forget(2);
      await expect(recover(log)).rejects.toMatchObject({ kind: 'forgotten' });
    });
  });

  describe('retention', () => {
    const keepAll = { journal: { before: 0, bytes: Infinity }, keepEvents: Infinity };
    const keepLittle = { journal: { before: 1e9, bytes: 0 }, keepEvents: 0 };
    async function fill(): Promise<void> {
      await log.append(0, {
        events: weightChanges(1, 10),
        entries: [segmentEntry(10, 0), commandEntry(1, 11)],
      });
      await log.append(10, {
        events: weightChanges(11, 10),
        entries: [segmentEntry(20, 15), commandEntry(2, 21)],
      });
      await log.append(20, {
        events: weightChanges(21, 10),
        entries: [segmentEntry(30, 25), commandEntry(3, 31)],
      });
      for (const seq of [8, 14, 28]) await log.checkpoints.save(sampleState(seq));
    }

    it('forgets nothing when nothing is too old', async () => {
      await fill();
      await retain(log, keepAll);
      expect(await seqs()).toHaveLength(30);
      expect(await journalOf(log)).toHaveLength(6);
    });

    it('forgets segments that ended before a time, and keeps what replaying the others needs', async () => {
      await fill();
      await retain(log, { journal: { before: 25, bytes: Infinity }, keepEvents: 1 });
      expect((await journalOf(log))[0]).toEqual(segmentEntry(20, 15));
      expect((await log.checkpoints.before(15))?.seq).toBe(14);
      expect(await seqs()).toEqual(Array.from({ length: 16 }, (_, index) => 15 + index));
    });

    it('keeps the newest segment however old and large it is', async () => {
      await fill();
      await retain(log, { ...keepLittle, keepEvents: Infinity });
      expect(await journalOf(log)).toEqual([segmentEntry(30, 25), commandEntry(3, 31)]);
      expect(await seqs()).toHaveLength(30);
    });

    it('keeps at least as many of the newest events as asked', async () => {
      await fill();
      await retain(log, { ...keepLittle, keepEvents: 17 });
      expect(await seqs()).toEqual(Array.from({ length: 22 }, (_, index) => 9 + index));
    });

    it('recovers, appends and reads as before afterwards', async () => {
      await fill();
      await retain(log, keepLittle);
      const again = await subject.reopen();
      const recovered = await recover(again);
      expect(recovered.checkpoint).toEqual(sampleState(28));
      expect(recovered.events.map((event) => event.seq)).toEqual([29, 30]);
      expect(recovered.lastCommandId).toBe(30);
      await again.append(30, { events: weightChanges(31, 1), entries: [commandEntry(4, 40)] });
      expect((await seqs({}, again)).at(-1)).toBe(31);
    });

    it('has no checkpoint from before what was forgotten', async () => {
      await fill();
      await retain(log, keepLittle);
      expect(await log.checkpoints.before(7)).toBeNull();
    });

    it('forgets more than fits one step, and leaves what the rest is built on', async () => {
      await log.append(0, {
        events: weightChanges(1, 9_000),
        entries: [segmentEntry(1, 0), segmentEntry(2, 9_000)],
      });
      for (const seq of [2_500, 5_000, 8_900]) await log.checkpoints.save(sampleState(seq));
      await retain(log, { ...keepLittle, keepEvents: 4_000 });
      expect((await seqs())[0]).toBe(5_001);
      expect(await log.checkpoints.before(4_999)).toBeNull();
      expect(await log.checkpoints.before(6_000)).toEqual(sampleState(5_000));
      expect((await recover(await subject.reopen())).checkpoint).toEqual(sampleState(8_900));
    });

    it('thins out checkpoints that are close together, the newest aside', async () => {
      await log.events.append(0, weightChanges(1, 9_000));
      for (let seq = 500; seq <= 9_000; seq += 500) await log.checkpoints.save(sampleState(seq));
      await retain(log, { ...keepAll, keepEvents: 10_000 });
      expect(await log.checkpoints.seqs()).toEqual([500, 2_500, 4_500, 6_500, 8_000, 8_500, 9_000]);
    });

    it('forgets no event without a checkpoint to build on', async () => {
      await log.events.append(0, weightChanges(1, 10));
      await retain(log, keepLittle);
      expect(await seqs()).toHaveLength(10);
    });
  });

  describe('closing', () => {
    it('may be done twice', async () => {
      await log.close();
      await log.close();
    });

    it('ends all use', async () => {
      await log.close();
      for (const use of [
        recover(log),
        log.events.append(0, []),
        log.events.read(ALL),
        log.checkpoints.before(0),
        log.checkpoints.save(sampleState(0)),
        retain(log, { journal: { before: 0, bytes: 0 }, keepEvents: 0 }),
        log.events.count({ pool: SAMPLE_POOL, backend: null, after: 0, upTo: 1 }),
        log.events.seqAt(0),
        log.events.end(),
        log.events.forget(1),
        log.checkpoints.seqs(),
        log.checkpoints.forget([1]),
        log.journal.append([]),
        log.journal.forget({ before: 0, bytes: 0 }),
        log.append(0, { events: [], entries: [] }),
        log.check(false),
        journalOf(log),
      ]) {
        await expect(use).rejects.toBeInstanceOf(EventLogError);
      }
    });
  });
}
