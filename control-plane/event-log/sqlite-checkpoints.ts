/** The checkpoints in the file. The writer and a reader in another thread read them by the same code. */
import type { ControlState } from '../domain/state.js';
import type { CheckpointReader, Checkpoints } from './checkpoints.js';
import type { SqliteAccess, UseFile } from './sqlite-access.js';
import { checkpointSteps } from './sqlite-retention.js';
import { checkpointOfRow } from './sqlite-verify.js';

export class SqliteCheckpointReader implements CheckpointReader {
  readonly #use: UseFile;

  constructor(use: UseFile) {
    this.#use = use;
  }

  async before(seq: number): Promise<ControlState | null> {
    return this.#use((db, path) => {
      const newest = 'SELECT seq, sha256, body FROM checkpoints WHERE seq <= ? ORDER BY seq DESC LIMIT 1';
      const row = db.prepare(newest).get(seq);
      return row === undefined ? null : checkpointOfRow(path, row).state;
    });
  }
}

export class SqliteCheckpoints implements Checkpoints {
  readonly #file: SqliteAccess;
  readonly #reader: SqliteCheckpointReader;

  constructor(file: SqliteAccess) {
    this.#file = file;
    this.#reader = new SqliteCheckpointReader(file.use);
  }

  before(seq: number): Promise<ControlState | null> {
    return this.#reader.before(seq);
  }

  async save(state: ControlState): Promise<void> {
    this.#file.use(() => this.#file.writer().saveCheckpoint(state));
  }

  async seqs(): Promise<readonly number[]> {
    return this.#file.use((db) =>
      db
        .prepare('SELECT seq FROM checkpoints ORDER BY seq')
        .all()
        .map((row) => Number(row['seq'])),
    );
  }

  async forget(seqs: readonly number[]): Promise<void> {
    await this.#file.forget((db) => checkpointSteps(db, seqs));
  }
}
