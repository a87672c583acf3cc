/** What every observation journal promises. */
import { encodeJournalEntry } from '../../control-plane/event-log/codec.js';
import type { Journal } from '../../control-plane/event-log/observation-journal.js';
import { poolId } from '../../shared/ids.js';
import { commandEntry, segmentEntry } from '../support/sample-events.js';
import type { PortSubject } from './port-subject.js';

export function journalContract(subject: PortSubject<Journal>): void {
  let journal: Journal;
  beforeEach(async () => {
    journal = await subject.open();
  });
  afterEach(() => subject.close());

  const first = [segmentEntry(10, 0), commandEntry(1, 11), commandEntry(2, 19)];
  const second = [segmentEntry(20, 15), commandEntry(3, 25), commandEntry(4, 30)];
  const third = [segmentEntry(40, 25), commandEntry(5, 41)];

  it('answers the entries in the order written, from the segment that holds the time asked', async () => {
    await journal.append(first);
    await journal.append(second.slice(0, 2));
    await journal.append([...second.slice(2), ...third]);
    const again = await subject.reopen();
    expect(await entriesOf(again, 0, Infinity)).toEqual([...first, ...second, ...third]);
    expect(await entriesOf(again, 25, Infinity)).toEqual([...second, ...third]);
    expect(await entriesOf(again, 20, 29)).toEqual(second.slice(0, 2));
    expect(await entriesOf(again, 19, 20)).toEqual([...first, segmentEntry(20, 15)]);
    expect(await entriesOf(again, 99, Infinity)).toEqual(third);
  });

  it('goes on in its segment after it was closed', async () => {
    await journal.append(first);
    const again = await subject.reopen();
    await again.append([commandEntry(3, 30)]);
    expect(await entriesOf(again, 15, Infinity)).toEqual([...first, commandEntry(3, 30)]);
  });

  it('begins with a segment', async () => {
    await expect(journal.append([commandEntry(1, 1)])).rejects.toThrow('begins with a segment');
    await journal.append([]);
    expect(await entriesOf(journal, 0, Infinity)).toEqual([]);
  });

  it('refuses an entry that could not be read back, and writes nothing', async () => {
    const broken = commandEntry(Number.NaN, 5);
    await expect(journal.append([...first, broken])).rejects.toThrow('cannot be read back');
    expect(await entriesOf(journal, 0, Infinity)).toEqual([]);
  });

  it('keeps every kind of entry as it was', async () => {
    const place = { pool: poolId('web'), backend: 'b', generation: 4 };
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
    ] as Parameters<Journal['append']>[0];
    await journal.append(entries);
    expect(await entriesOf(await subject.reopen(), 0, Infinity)).toEqual(entries);
  });

  it('has nothing to forget while it is empty', async () => {
    expect(await journal.forget({ before: 1e9, bytes: 0 })).toBeNull();
  });

  it('answers more entries than fit a page', async () => {
    const commands = Array.from({ length: 1_200 }, (_, id) => commandEntry(id + 1, id));
    await journal.append([segmentEntry(0, 0), ...commands]);
    expect(await entriesOf(journal, 5, Infinity)).toHaveLength(1_201);
  });

  describe('that forgets', () => {
    const all = { before: 0, bytes: Infinity };
    beforeEach(async () => {
      for (const segment of [first, second, third]) await journal.append(segment);
    });
    const oldest = async (): Promise<unknown> => (await entriesOf(await subject.reopen(), 0, Infinity))[0];

    it('keeps what is neither too old nor too much, and tells where it begins', async () => {
      expect(await journal.forget(all)).toBe(0);
      expect(await oldest()).toEqual(first[0]);
    });

    it('forgets segments that ended before a time', async () => {
      expect(await journal.forget({ ...all, before: 25 })).toBe(15);
      expect(await oldest()).toEqual(second[0]);
    });

    it('keeps the newest segment however old and large it is', async () => {
      expect(await journal.forget({ before: 1e9, bytes: 0 })).toBe(25);
      expect(await entriesOf(journal, 0, Infinity)).toEqual(third);
    });

    it('keeps as many of the newest segments as the size allows', async () => {
      const bytes = [...second, ...third].reduce((sum, entry) => sum + encodeJournalEntry(entry).length, 0);
      expect(await journal.forget({ ...all, bytes })).toBe(15);
      expect(await journal.forget({ ...all, bytes: bytes - 1 })).toBe(25);
    });
  });
}

export async function entriesOf(journal: Journal, from: number, to: number): Promise<unknown[]> {
  const entries: unknown[] = [];
  for await (const entry of journal.read(from, to)) entries.push(entry);
  return entries;
}
