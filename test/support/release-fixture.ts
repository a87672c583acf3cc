/** What a release has left behind (`test/fixtures/release-…`): a data directory, and configuration files with their meaning. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { LogSummary } from './log-summary.js';

const FIXTURES = join(process.cwd(), 'test/fixtures');

export const RELEASES = ['0.1.0'] as const;

export class ReleaseFixture {
  readonly #directory: string;

  constructor(release: string) {
    this.#directory = join(FIXTURES, `release-${release}`);
  }

  /** What its log told when it was recorded. */
  get logSummary(): LogSummary {
    return JSON.parse(this.read('log-summary.json')) as LogSummary;
  }

  /** Makes a data directory as the release has left it. */
  putLogInto(dataDir: string): void {
    mkdirSync(dataDir, { mode: 0o700, recursive: true });
    const file = gunzipSync(readFileSync(join(this.#directory, 'events.db.gz')));
    writeFileSync(join(dataDir, 'events.db'), file, { mode: 0o600 });
  }

  read(file: string): string {
    return readFileSync(join(this.#directory, file), 'utf8');
  }
}
