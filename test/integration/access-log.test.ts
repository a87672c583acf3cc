import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAccessLog, type AccessRecord } from '../../data-plane/access-log.js';
import { seededRandom } from '../../shared/prng.js';
import { useTempDirs } from '../support/temp-dir.js';

const record: AccessRecord = {
  requestId: 'r',
  client: '192.0.2.1',
  method: 'GET',
  version: '1.1',
  host: 'a\n\u0007',
  target: '/x',
  pool: 'web',
  status: 200,
  error: null,
  aborted: false,
  durationMs: 1,
  waitedMs: 0,
  receivedBytes: 0,
  sentBytes: 2,
  attempts: [{ backend: 'a', durationMs: 1, result: 200 }],
};

describe('the access log', () => {
  const newDir = useTempDirs();

  it('writes one line of JSON per record, whatever clients sent', async () => {
    const path = join(newDir(), 'log');
    const log = openAccessLog(seededRandom(1), () => undefined, createWriteStream(path));
    log.write(record);
    log.write({ ...record, target: '/y' });
    await log.close(5_000);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([record, { target: '/y' }]);
  });

  it('takes all, none, or the share asked for', () => {
    const log = openAccessLog(seededRandom(1), () => undefined);
    const taken = (ratio: number) =>
      Array.from({ length: 1_000 }, () => log.samples(ratio)).filter(Boolean).length;
    expect(taken(0)).toBe(0);
    expect(taken(1)).toBe(1_000);
    expect(taken(0.25)).toBeGreaterThan(150);
    expect(taken(0.25)).toBeLessThan(350);
  });
});
