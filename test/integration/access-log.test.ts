import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAccessLog } from '../../data-plane/access-log.js';
import type { AccessRecord } from '../../data-plane/access-record.js';
import { seededRandom } from '../../shared/prng.js';
import { useTempDirs } from '../support/temp-dir.js';

const AT = 1_767_225_600_000;

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

  async function written(format: 'json' | 'pretty', ...records: readonly AccessRecord[]): Promise<string[]> {
    const path = join(newDir(), 'log');
    const options = { random: seededRandom(1), now: () => AT, format, dropped: () => undefined };
    const log = openAccessLog(options, createWriteStream(path));
    for (const each of records) log.write(each);
    await log.close(5_000);
    return readFileSync(path, 'utf8').trimEnd().split('\n');
  }

  it('writes one line of JSON per record, whatever clients sent', async () => {
    const lines = await written('json', record, { ...record, target: '/y' });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        time: new Date(AT).toISOString(),
        msg: 'request',
        request_id: 'r',
        client: '192.0.2.1',
        host: 'a\n\u0007',
        target: '/x',
        duration_ms: 1,
        received_bytes: 0,
        attempts: [{ backend: 'a', duration_ms: 1, result: 200 }],
      },
      { target: '/y' },
    ]);
  });

  it.each(['json', 'pretty'] as const)(
    'shows no more than three decimals of a duration (%s)',
    async (format) => {
      const long = 1.234567890123;
      const attempts = [{ backend: 'a', durationMs: long, result: 'reset' }, ...record.attempts];
      const [line] = await written(format, { ...record, durationMs: long, waitedMs: long, attempts });
      expect(line).toContain('1.235');
      expect(line).not.toMatch(/\.\d{4}/);
    },
  );

  it('writes a line for people where they watch', async () => {
    const attempts = [
      { backend: 'web-2', durationMs: 12.3, result: 'reset' },
      { backend: 'web-1', durationMs: 18, result: 200 },
    ];
    const [plain, retried, refused] = await written(
      'pretty',
      record,
      { ...record, attempts, durationMs: 31.4, waitedMs: 2, sentBytes: 1_210 },
      { ...record, attempts: [], status: 0, error: 'queue_timeout', aborted: true },
    );
    expect(plain).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}192\.0\.2\.1 {2}GET {2}\/x {2}→ a {2}200 {2}1 ms {2}2 B$/,
    );
    expect(retried).toContain(
      '→ web-1  200  31 ms  (web-2 reset 12 ms, web-1 200 18 ms)  waited 2 ms  1.2 KB',
    );
    expect(refused).toContain('→ -  - queue_timeout client gone  1 ms');
  });

  it.each(['json', 'pretty'] as const)('no client can begin a line or colour it (%s)', async (format) => {
    const evil = '/x\r\n03:07:12.481  forged \u001b[31m\u2028\u0085';
    const lines = await written(format, { ...record, target: evil, host: evil, method: evil, client: evil });
    expect(lines).toHaveLength(1);
    // oxlint-disable-next-line no-control-regex
    expect(lines[0]).not.toMatch(format === 'json' ? /[\r\u001b]/ : /[\r\u001b\u0085\u2028]/);
  });

  it('takes all, none, or the share asked for', () => {
    const log = openAccessLog({
      random: seededRandom(1),
      now: () => AT,
      format: 'json',
      dropped: () => undefined,
    });
    const taken = (ratio: number) =>
      Array.from({ length: 1_000 }, () => log.samples(ratio)).filter(Boolean).length;
    expect(taken(0)).toBe(0);
    expect(taken(1)).toBe(1_000);
    expect(taken(0.25)).toBeGreaterThan(150);
    expect(taken(0.25)).toBeLessThan(350);
  });
});
