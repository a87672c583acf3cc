/** What a release has left behind (`test/fixtures/release-…`): data directories, and configuration files with their meaning. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { LogSummary } from './log-summary.js';

const FIXTURES = join(process.cwd(), 'test/fixtures');

export const RELEASES = ['0.1.0'] as const;

/** How the lives ended whose data directories were kept (`test/fixtures/record-life.ts`). */
export const ENDS = ['stopped', 'killed'] as const;
export const LOG_FILES = ['events.db', 'events.db-wal'] as const;

/** A file of a release's fixture. */
export function readFixture(release: string, file: string): string {
  return readFileSync(join(FIXTURES, `release-${release}`, file), 'utf8');
}

/** A life that was recorded with a release. */
export class RecordedLife {
  readonly #directory: string;

  constructor(release: string, end: (typeof ENDS)[number]) {
    this.#directory = join(FIXTURES, `release-${release}`, end);
  }

  /** What its log told when it was recorded. */
  get summary(): LogSummary {
    return JSON.parse(readFileSync(join(this.#directory, 'summary.json'), 'utf8')) as LogSummary;
  }

  /** The configuration file that was in force at its end. */
  get config(): string {
    return readFileSync(join(this.#directory, 'tidegate.yaml'), 'utf8');
  }

  /** Makes a data directory as the release has left it. */
  putLogInto(dataDir: string): void {
    mkdirSync(dataDir, { mode: 0o700, recursive: true });
    for (const name of LOG_FILES) {
      const kept = join(this.#directory, `${name}.gz`);
      if (existsSync(kept)) {
        writeFileSync(join(dataDir, name), gunzipSync(readFileSync(kept)), { mode: 0o600 });
      }
    }
  }
}
