/** The observation journal in the file. */
import type { DatabaseSync } from 'node:sqlite';
import type { JournalEntry } from '../domain/journal.js';
import { segmentsToForget, type SegmentExtent } from './append-rules.js';
import { decodeJournalEntry } from './codec.js';
import type { Journal, JournalLimits } from './observation-journal.js';
import type { SqliteAccess } from './sqlite-access.js';
import { numberOf } from './sqlite-query.js';
import { journalSteps } from './sqlite-retention.js';
import { checkedBody } from './sqlite-verify.js';

/** How many entries `read` fetches at a time. */
const PAGE_ENTRIES = 500;

export class SqliteJournal implements Journal {
  readonly #file: SqliteAccess;

  constructor(file: SqliteAccess) {
    this.#file = file;
  }

  async append(entries: readonly JournalEntry[]): Promise<void> {
    await this.#file.append(this.#file.writer().end.seq, { events: [], entries });
  }

  async *read(from: number, to: number): AsyncIterable<JournalEntry> {
    const { use } = this.#file;
    let after = use((db) => numberOf(db, 'SELECT max(id) AS n FROM segments WHERE at <= ?', from)) - 1;
    for (;;) {
      const rows = use((db) =>
        db
          .prepare('SELECT id, crc, body FROM journal WHERE id > ? AND at <= ? ORDER BY id LIMIT ?')
          .all(after, to, PAGE_ENTRIES),
      );
      for (const row of rows) {
        yield use((_db, path) =>
          decodeJournalEntry(checkedBody(path, row, `journal entry ${String(row['id'])}`)),
        );
      }
      if (rows.length < PAGE_ENTRIES) return;
      after = Number(rows.at(-1)?.['id']);
    }
  }

  async forget(limits: JournalLimits): Promise<number | null> {
    const segments = this.#file.use(segmentsOf);
    const oldest = segments[segmentsToForget(segments, limits)];
    if (oldest === undefined) return null;
    await this.#file.forget((db) => journalSteps(db, oldest.id));
    return oldest.seq;
  }
}

function segmentsOf(db: DatabaseSync): readonly SegmentExtent[] {
  return db
    .prepare('SELECT id, at, seq, bytes FROM segments ORDER BY id')
    .all()
    .map((row) => ({
      id: Number(row['id']),
      at: Number(row['at']),
      seq: Number(row['seq']),
      bytes: Number(row['bytes']),
    }));
}
