import { prettyLine } from '../../shared/platform/pretty-line.js';
import { startBackend, answer } from '../support/backend-server.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const TIME = '2026-11-30T03:07:12.481Z';

function line(fields: object): string {
  return prettyLine(JSON.stringify({ level: 30, time: TIME, ...fields }));
}

describe('a line of the log for people', () => {
  it('says time, severity and the sentence, and then the rest', () => {
    const text = line({
      level: 40,
      pool: 'web',
      backend: 'b',
      seq: 4711,
      worker: 3,
      sentence: 'web/b breaker opened',
      msg: 'BreakerOpened',
    });
    expect(text).toMatch(/^\d\d:\d\d:12\.481 {2}WARN {2}web\/b breaker opened {2}evt 4711 worker 3\n$/);
  });

  it('says the message where there is no sentence, with its fields', () => {
    expect(line({ msg: 'forwarding', port: 8080, scheme: 'http', waits: [1], afterMs: 1.23456789 })).toMatch(
      / INFO {2}forwarding {2}port 8080 {2}scheme http {2}waits \[1\] {2}afterMs 1\.235\n$/,
    );
  });

  it('shows times within a sentence as the clock on the wall does', () => {
    const sentence = `a until ${TIME} and 2020-01-01T12:00:00.000Z`;
    expect(line({ sentence })).toMatch(
      /a until \d\d:\d\d:12 and (2020-01-01|2020-01-02|2019-12-31) \d\d:00:00\n$/,
    );
  });

  it('lets nothing that others sent begin a line or speak to the terminal', () => {
    const evil = 'a\r\n03:07:12.481  WARN  forged \u001b[31m\u0085\u2028';
    const text = line({ msg: evil, sentence: evil, reason: evil, err: { message: evil, stack: evil } });
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\r\u001b\u0085\u2028]/);
    const [first = '', ...others] = text.trimEnd().split('\n');
    expect(first).toContain('forged');
    for (const other of others) expect(other).toMatch(/^ {4}/);
  });
});

describe('log.format', () => {
  it.each(['pretty', 'json'] as const)('%s holds for the access log and for events alike', async (format) => {
    const backend = await startBackend(() => answer('hello'));
    const tidegate = await Tidegate.start(
      `
listen: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
workers: 1
log: { format: ${format}, access: on }
backends: [{ id: a, url: "http://127.0.0.1:${backend.port}" }]
`,
    );
    try {
      await fetch(tidegate.url('/some/path'));
      await tidegate.change('PATCH', '/api/v1/pools/default/backends/a', { admin: 'maintenance' });
      const text = (): string => tidegate.output();
      await waitUntil('both lines', () => text().includes('/some/path') && text().includes('NO backend'));
      const isJson = tidegate.lines.map((each) => each['level'] !== undefined);
      expect(new Set(isJson)).toEqual(new Set([format === 'json']));
    } finally {
      await tidegate.dispose();
      await backend.close();
    }
  });
});
