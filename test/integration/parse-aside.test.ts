import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseAside, PARSE_LIMITS } from '../../control-plane/config/parse-aside.js';
import { parseConfig } from '../../control-plane/config/parse-config.js';

// Threads run what is built.
const THREAD = pathToFileURL(join(process.cwd(), 'dist/control-plane/config/parse-thread.js'));
const FILE = '/etc/tidegate/tidegate.yaml';
const ENV = { PORT: '8081' };

describe('a file parsed in a thread of its own', () => {
  it.each([
    ['a valid one', 'backends: [{ id: a, url: "http://localhost:${PORT}" }]'],
    ['one with problems', 'backends: [{ id: a, urll: "http://localhost:1" }]\nhealth_check: { interval: 5 }'],
    ['one that is no YAML', 'a: ['],
    ['an empty one', ''],
  ])('%s: the same as without a thread', async (_kind, text) => {
    expect(await parseAside('serve', PARSE_LIMITS, THREAD)(text, FILE, ENV)).toEqual(
      parseConfig(text, FILE, ENV),
    );
  });

  const large = `a: [${'1,'.repeat(450_000)}]`;

  it('one that takes too much memory is told of as a problem of the file', async () => {
    const result = await parseAside('serve', { ...PARSE_LIMITS, heapMb: 8 }, THREAD)(large, FILE, ENV);
    expect(result).toMatchObject({ ok: false, problems: [{ file: FILE, line: 1, col: 1 }] });
    expect(result.ok ? '' : result.problems[0]?.message).toMatch(/memory/);
  });

  it('one that takes too long is told of as a problem of the file', async () => {
    const result = await parseAside('serve', { ...PARSE_LIMITS, timeMs: 1 }, THREAD)(large, FILE, ENV);
    expect(result).toMatchObject({
      ok: false,
      problems: [{ message: 'expected a file that is read within 1 ms' }],
    });
  });
});
