import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventLogError } from '../../control-plane/event-log/event-log.js';
import { recover } from '../../control-plane/event-log/recover.js';
import { openSqliteStorage } from '../../control-plane/event-log/sqlite-storage.js';
import { seededRandom } from '../../shared/prng.js';
import { commandEntry, sampleState, segmentEntry, weightChanges } from '../support/sample-events.js';
import { useTempDirs } from '../support/temp-dir.js';

const MAIN = 'events.db';
const WAL = 'events.db-wal';
/** Events in the main file, and with those that are in the write-ahead log alone, one append each. */
const IN_MAIN = 300;
const IN_ALL = 340;

interface Image {
  readonly main: Buffer;
  readonly wal: Buffer;
}

/** What a damaged log came to: the number of events it holds, or the error that refused it. */
type Verdict = { readonly events: number } | { readonly refused: EventLogError };

describe('a damaged event log', () => {
  const tempDir = useTempDirs();
  const open = (dataDir: string) => openSqliteStorage(dataDir);
  let image: Image;

  beforeAll(async () => {
    const dataDir = tempDir();
    const first = await open(dataDir);
    for (let seq = 0; seq < IN_MAIN; seq += 10) {
      await first.append(seq, {
        events: weightChanges(seq + 1, 10),
        entries: [segmentEntry(seq, seq), commandEntry(seq, seq)],
      });
    }
    await first.checkpoints.save(sampleState(100, 30));
    await first.close();
    const second = await open(dataDir);
    for (let seq = IN_MAIN; seq < IN_ALL; seq++) {
      await second.append(seq, { events: weightChanges(seq + 1, 1), entries: [commandEntry(seq, seq)] });
    }
    // Copied while it is open: as a kill would leave it.
    image = { main: readFileSync(join(dataDir, MAIN)), wal: readFileSync(join(dataDir, WAL)) };
    await second.close();
  });

  /** Opens a copy with this content. Whatever opens must be sound from its first event to its last. */
  async function verdictOf(main: Buffer | null, wal: Buffer | null): Promise<Verdict> {
    const dataDir = tempDir();
    if (main !== null) writeFileSync(join(dataDir, MAIN), main);
    if (wal !== null) writeFileSync(join(dataDir, WAL), wal);
    try {
      const log = await open(dataDir);
      const found = await log.events.read({ limit: 10_000, order: 'forward' });
      expect(found).toEqual(weightChanges(1, found.length));
      const byType = await log.events.read({
        limit: 10_000,
        order: 'backward',
        types: ['BackendSettingsChanged'],
      });
      expect(byType).toHaveLength(found.length);
      const { checkpoint, events } = await recover(log);
      expect(checkpoint.seq + events.length).toBe(found.length);
      await log.close();
      return { events: found.length };
    } catch (error) {
      if (!(error instanceof EventLogError)) throw error;
      if (main !== null) expect(readFileSync(join(dataDir, MAIN)).equals(main)).toBe(true);
      if (wal !== null) expect(readFileSync(join(dataDir, WAL)).equals(wal)).toBe(true);
      return { refused: error };
    }
  }

  function expectCorrupt(verdict: Verdict): void {
    expect(verdict).toMatchObject({
      refused: { kind: 'corrupt', message: expect.stringContaining('aside') },
    });
  }

  function flipped(source: Buffer, offset: number, bytes: number, random: () => number): Buffer {
    const copy = Buffer.from(source);
    for (let at = offset; at < Math.min(offset + bytes, copy.length); at++) {
      copy[at] = (copy[at] ?? 0) ^ (1 + Math.floor(random() * 255));
    }
    return copy;
  }

  it('is whole when nothing was damaged', async () => {
    expect(await verdictOf(image.main, image.wal)).toEqual({ events: IN_ALL });
  });

  it.each([
    ['bytes here and there', 1, 150, 0],
    ['runs of bytes', 64, 60, 0],
    ['bytes of the header', 1, 100, 100],
  ])('never loses an event in silence to changed %s of the file', async (_name, bytes, times, within) => {
    const random = seededRandom(bytes + within);
    let refused = 0;
    for (let round = 0; round < times; round++) {
      const offset = within > 0 ? round : Math.floor(random() * image.main.length);
      const damaged = flipped(image.main, offset, bytes, random);
      for (const [wal, events] of [
        [image.wal, IN_ALL],
        [null, IN_MAIN],
      ] as const) {
        const verdict = await verdictOf(damaged, wal);
        if ('events' in verdict) expect([offset, verdict.events]).toEqual([offset, events]);
        else expectCorrupt(verdict);
        if ('refused' in verdict) refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(0);
  });

  it('never loses an event in silence to a file cut short', async () => {
    const random = seededRandom(3);
    const lengths = [0, 1, 99, 100, 511, 4096, image.main.length - 1];
    for (let round = 0; round < 50; round++) lengths.push(Math.floor(random() * image.main.length));
    let refused = 0;
    for (const length of lengths) {
      for (const [wal, events] of [
        [image.wal, IN_ALL],
        [null, IN_MAIN],
      ] as const) {
        const verdict = await verdictOf(image.main.subarray(0, length), wal);
        // The page that was cut may be in the write-ahead log as well, or hold nothing.
        if ('events' in verdict) expect([length, verdict.events]).toEqual([length, events]);
        else expectCorrupt(verdict);
        if ('refused' in verdict) refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(lengths.length);
  });

  it('never loses an event in silence to blank pages', async () => {
    for (let page = 0; page * 4096 < image.main.length; page++) {
      const blank = Buffer.from(image.main).fill(0, page * 4096, (page + 1) * 4096);
      const verdict = await verdictOf(blank, image.wal);
      if ('events' in verdict) expect(verdict.events).toBe(IN_ALL);
      else expectCorrupt(verdict);
    }
  });

  // SQLite reads a write-ahead log up to the first frame that does not check. Only the last append may go that way.
  it.each([
    ['anywhere', 150, 0],
    ['in its header', 32, 32],
  ])(
    'loses at most its last append to bytes changed %s in its write-ahead log',
    async (_name, times, within) => {
      const random = seededRandom(4);
      for (let round = 0; round < times; round++) {
        const offset = within > 0 ? round : Math.floor(random() * image.wal.length);
        const verdict = await verdictOf(image.main, flipped(image.wal, offset, 1, random));
        if ('events' in verdict) expect(verdict.events).toBeGreaterThanOrEqual(IN_ALL - 1);
        else expectCorrupt(verdict);
      }
    },
  );

  // What was cut off cannot be told from what was never written; the main file's events are there in any case.
  it('keeps the events before the cut when its write-ahead log is cut short', async () => {
    const random = seededRandom(5);
    for (let round = 0; round < 60; round++) {
      const length = Math.floor(random() * image.wal.length);
      const verdict = await verdictOf(image.main, image.wal.subarray(0, length));
      if ('refused' in verdict) expectCorrupt(verdict);
      else expect(verdict.events).toBeGreaterThanOrEqual(IN_MAIN);
    }
    expect(await verdictOf(image.main, null)).toEqual({ events: IN_MAIN });
  });

  it('is not begun anew when the file is gone and its write-ahead log is there', async () => {
    expectCorrupt(await verdictOf(null, image.wal));
  });

  it.each([
    ['empty', Buffer.alloc(0)],
    ['of zeros', Buffer.alloc(8192)],
    ['of text', Buffer.from('not a database at all\n'.repeat(500))],
    ['a header alone', Buffer.from('SQLite format 3\u0000')],
  ])('is refused when it is %s', async (_name, content) => {
    expectCorrupt(await verdictOf(content, null));
  });

  it('is taken after it was restored', async () => {
    const dataDir = tempDir();
    writeFileSync(join(dataDir, MAIN), image.main.subarray(0, 5_000));
    await expect(open(dataDir)).rejects.toMatchObject({ kind: 'corrupt' });
    const aside = join(dataDir, 'aside');
    mkdirSync(aside);
    copyFileSync(join(dataDir, MAIN), join(aside, MAIN));
    writeFileSync(join(dataDir, MAIN), image.main);
    await (await open(dataDir)).close();
    expect(existsSync(join(aside, MAIN))).toBe(true);
  });
});
