import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { startAdminServer, type AdminServer } from '../../control-plane/admin/admin-server.js';
import { backendId, poolId } from '../../shared/ids.js';
import { createSessionTable } from '../../control-plane/sessions/session-table.js';
import { sessionKey } from '../contract/session-store.contract.js';
import { adminOptions } from '../support/admin-app.js';
import { answer, startBackend } from '../support/backend-server.js';
import { CONFIG_TEXT, testControl, type TestControl } from '../support/control-port.js';
import { freePort } from '../support/free-port.js';
import { tidegate, type CliResult } from '../support/tidegate-process.js';
import { useTempDirs } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const WEB = poolId('web');
const TOKEN = 'correct-horse-battery-staple';
const tempDir = useTempDirs();

let control: TestControl;
let server: AdminServer;
let url: string;

beforeAll(async () => {
  control = await testControl();
  control.story.at = Date.now();
  server = await startAdminServer(adminOptions(control));
  url = `http://127.0.0.1:${server.address.port}`;
});
afterAll(() => server.close());

function run(...args: string[]): Promise<CliResult> {
  return tidegate(args, { TIDEGATE_ADMIN: url, NO_COLOR: '1' });
}

async function ok(...args: string[]): Promise<string> {
  const result = await run(...args);
  expect({ args, ...result }).toEqual({ args, code: 0, stdout: result.stdout, stderr: '' });
  return result.stdout;
}

const b = () => control.story.world.state.pools.get(WEB)!.backends.get(backendId('b'))!;

async function failChecks(): Promise<void> {
  const { generation } = control.story.world.state.pools.get(WEB)!.backends.get(backendId('a'))!;
  for (let i = 0; i < 3; i++) {
    const at = (control.story.at += 1_000);
    await control.send({
      type: 'RecordHealthCheck',
      pool: WEB,
      backend: backendId('a'),
      generation,
      result: { at, passed: false, durationMs: 2, error: 'connection refused' },
      actor: { kind: 'health-check' },
    });
  }
}

describe('sessions', () => {
  const key = (name: string) => sessionKey('web', name);
  const table = createSessionTable({ now: () => 0 });
  const lifetime = { idleMs: 60_000, remainingMs: 600_000 };
  let before: typeof control.port.sessions;
  beforeAll(async () => {
    before = control.port.sessions;
    Object.assign(control.port, { sessions: table });
    for (const name of ['1', '2']) await table.bind(key(name), backendId('a'), lifetime);
  });
  afterAll(() => Object.assign(control.port, { sessions: before }));

  it('are listed with their backends', async () => {
    expect(await ok('sessions', 'list', 'web')).toBe(
      `SESSION                 BACKEND  KEPT FOR\n${key('1').session}  a        1m\n${key('2').session}  a        1m\n`,
    );
    expect(JSON.parse(await ok('sessions', 'list', 'web', '--all', '--json'))).toEqual({
      sessions: ['1', '2'].map((name) => ({ session: key(name).session, backend: 'a', left_ms: 60_000 })),
      more: false,
    });
    expect(await ok('sessions', 'list', 'api')).toBe('no sessions of pool api are known\n');
  });

  it('are taken from their backend one by one', async () => {
    await ok('sessions', 'end', 'web', key('1').session);
    expect(await ok('sessions', 'list', 'web')).toMatch(/^1_+ {2}\(ended\)/m);
    const unknown = await run('sessions', 'end', 'web', key('3').session);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/^No session 3_+ of pool web/) });
  });

  it('are ended all at once, by somebody who said yes', async () => {
    const unasked = await run('sessions', 'flush', 'web');
    expect(unasked).toMatchObject({
      code: 2,
      stderr: 'There is no terminal to ask on: add --yes to end them.\n',
    });
    const none = await run('sessions', 'flush', 'web', '--yes');
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('no sessions by cookie') });
    await ok('pool', 'set', 'web', 'sticky_session.type=cookie');
    expect(await ok('sessions', 'flush', 'web', '--yes')).toBe('all sessions of pool web are over\n');
    expect(control.story.world.state.pools.get(WEB)!.sessionsFrom).toBe(control.story.at);
    expect(await ok('sessions', 'list', 'web')).toBe('no sessions of pool web are known\n');
    await ok('pool', 'set', 'web', 'sticky_session=null');
  });
});

describe('ready', () => {
  it('says by its exit code whether the host serves, and needs no token', async () => {
    expect(await run('ready')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^ready: 2 workers/),
      stderr: '',
    });
    expect(JSON.parse(await ok('ready', '--json'))).toEqual({ ready: true, answer: expect.any(String) });

    control.answers.ready = false;
    expect(await run('ready')).toEqual({ code: 1, stdout: 'not ready: no worker forwards\n', stderr: '' });
    control.answers.ready = true;
  });

  it('is a failure of its own where nothing answers', async () => {
    const { code, stderr } = await tidegate(['ready', '--admin', `http://127.0.0.1:${await freePort()}`]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('nothing listens there') });
  });
});

describe('reading', () => {
  it('status names every backend with its state and reason', async () => {
    await failChecks();
    const text = await ok('status');
    expect(text).toMatch(/degraded: 2 workers forward, but pool web is short of backends/);
    expect(text).toContain(
      'pool web has NO backend yet: all that could serve wait for their first health check',
    );
    expect(text).toMatch(/pool web {2}round-robin \(weights do not count\), 0 of 2 available, 12 sessions/);
    expect(text).toMatch(
      / {2}a +http:\/\/10\.0\.0\.1:8080 +1 +4 +unhealthy +\d.* ago +3 checks in a row failed, the last: connection refused/,
    );
  });

  it('status tells of a file and a certificate that were refused, until they are good', async () => {
    const problems = ['tidegate.yaml:12:5: weight: found 5000, expected 0 to 1000', 'x:1:1: no'];
    await control.send({ type: 'RejectConfig', file: 'tidegate.yaml', problems, actor: { kind: 'file' } });
    control.answers.certificateTrouble = 'cert.pem was refused, the one before stays in use: it is empty';
    const text = await ok('status');
    expect(text).toMatch(
      /tidegate\.yaml was refused \d.* ago, the former configuration stays in force:\n {2}tidegate\.yaml:12:5: weight: found 5000/,
    );
    expect(text).toContain('certificate cert.pem was refused, the one before stays in use: it is empty');
    control.answers.certificateTrouble = null;
    await ok('reload');
    const after = await ok('status');
    expect(after).not.toContain('was refused');
  });

  it('status says when health checks are made too rarely, and how late they are', async () => {
    expect(await ok('status')).not.toContain('late');
    control.answers.checkLag = { waiting: 7_500, lateMs: 3_200, behind: true };
    expect(await ok('status')).toContain('health checks are 3s late, 7500 wait');
  });

  it('status, workers, backends, pool and why answer JSON for programs', async () => {
    expect(JSON.parse(await ok('status', '--json'))).toMatchObject({
      ready: true,
      pools: [{ id: 'web' }, { id: 'api' }],
    });
    expect(JSON.parse(await ok('--json', 'workers'))).toMatchObject({
      workers: [{ worker: 1 }, { worker: 2 }],
    });
    expect(JSON.parse(await ok('backends', 'list', 'api', '--json'))).toMatchObject({
      backends: [{ pool: 'api', id: 'a' }],
    });
    expect(JSON.parse(await ok('pool', 'show', 'api', '--json'))).toMatchObject({
      id: 'api',
      algorithm: 'round-robin',
    });
    expect(JSON.parse(await ok('why', 'web/a', '--json'))).toMatchObject({
      availability: 'unhealthy',
      steps: expect.any(Array),
    });
  });

  it('writes no colours where output is not a terminal', async () => {
    const { stdout } = await tidegate(['status'], { TIDEGATE_ADMIN: url, NO_COLOR: undefined });
    expect(stdout).not.toContain('\u001b');
  });

  it('workers shows who is behind', async () => {
    expect(await ok('workers')).toMatch(/2 +4002 +ready .* 1\.6 \(behind\)/);
  });

  it('backends lists all when nothing more is said', async () => {
    const text = await ok('backends');
    expect(text).toMatch(/pool web\n {2}BACKEND .*\n {2}a .*\n {2}b .*\n\npool api/);
  });

  it('why says it in one sentence, then step by step with evidence', async () => {
    const lines = (await ok('why', 'web/a')).split('\n');
    expect(lines[0]).toMatch(/^a is unhealthy since .*connection refused/);
    expect(lines.filter((line) => / {6}.*failed: connection refused/.test(line))).toHaveLength(3);
  });

  it('why looks back', async () => {
    const text = await ok('why', 'web/a', '--at', new Date(control.story.at - 2_500).toISOString());
    expect(text).toMatch(/^a waits for its first passed check/);
    expect(await ok('why', 'web/b', '--at', '0s')).toMatch(/asked about/);
  });

  it('events are listed oldest first, one line each', async () => {
    const lines = (await ok('events', '--limit', '2', '--type', 'BackendAdded')).trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}#6 {2}BackendAdded web\/b: was added by/);
  });

  it('events are JSON lines for programs', async () => {
    const lines = (await ok('events', '--json', '--after', '2', '--backend', 'web/a')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(['BackendAdded', 'BackendBecameUnhealthy']);
  });
});

describe('writing', () => {
  it('changes weight and admin state, and says what is now', async () => {
    expect(await ok('backends', 'weight', 'web/b', '7')).toMatch(
      /^changed web\/b: ready, weight 7[^]*\nnote: weights do not count with round-robin.*: tidegate pool set web algorithm=weighted-round-robin\n$/,
    );
    expect(await ok('backends', 'weight', 'web/b', '0')).not.toMatch(/note:/);
    expect(JSON.parse(await ok('--json', 'backends', 'weight', 'web/b', '7'))).toMatchObject({ weight: 7 });
    expect(await ok('backends', 'limit', 'web/b', '40')).toMatch(/weight 7, max_connections 40/);
    expect(await ok('backends', 'list', 'web')).toMatch(/b .* 7 +\d+\/40 /);
    expect(await ok('backends', 'limit', 'web/b', 'pool')).not.toMatch(/at most/);
    expect(b().weight).toBe(7);
    await ok('backends', 'drain', 'b');
    expect(b().admin).toBe('draining');
    await ok('backends', 'maintenance', 'b');
    expect(b().admin).toBe('maintenance');
    await ok('backends', 'ready', 'b');
    expect(b().admin).toBe('ready');
  });

  it('adds and removes, and still knows why afterwards', async () => {
    expect(await ok('backends', 'add', 'web/s', 'http://my_service:8080')).toMatch(/^added web\/s: /);
    await ok('backends', 'remove', 'web/s');
    expect(await ok('backends', 'add', 'web/n', 'http://n:1', '--weight', '2')).toMatch(
      /^added web\/n: ready, weight 2/,
    );
    expect(JSON.parse(await ok('--json', 'backends', 'remove', 'n'))).toEqual({
      removed: { pool: 'web', id: 'n' },
    });
    expect(await ok('why', 'n')).toMatch(/^n is not in pool web: it was removed/);
  });

  it('names the person in the event log', async () => {
    await ok('backends', 'weight', 'web/b', '8');
    expect(control.story.events.at(-1)?.actor.name).toMatch(/^\S+@\S+ \(127\.0\.0\.1\)$/);
  });

  it('sets settings of a pool', async () => {
    const text = await ok(
      'pool',
      'set',
      'web',
      'algorithm=random',
      'health_check.interval=20s',
      'health_check.failure_threshold=4',
      'circuit_breaker=null',
    );
    expect(text).toMatch(/algorithm: random/);
    expect(text).toMatch(/interval: 20s.*failure_threshold: 4/);
    expect(text).toMatch(/circuit_breaker: \{ enabled: false \}/);
  });

  it('sets what is deeper in a section, and takes a former name', async () => {
    const text = await ok(
      'pool',
      'set',
      'web',
      'health_check.expect.body=/up|ok/',
      'health_check.method=OPTIONS',
    );
    expect(text).toContain('method: OPTIONS');
    expect(text).toContain('headers: {}');
    expect(text).toContain('body: /up|ok/');
    expect(await ok('pool', 'set', 'web', 'health_check.expected_status=[204, "3xx"]')).toContain(
      'expect: { status: ["204","3xx"], body: /up|ok/ }',
    );
  });

  it('tries again when somebody else was faster', async () => {
    let interruptions = 0;
    control.answers.beforeSubmit = async () => {
      interruptions += 1;
      if (interruptions > 2) return;
      await control.send({
        type: 'ChangeBackend',
        pool: WEB,
        backend: backendId('a'),
        changes: { weight: 100 + interruptions },
        expectedVersion: null,
        actor: { kind: 'api' },
      });
    };
    await ok('backends', 'weight', 'web/b', '9');
    control.answers.beforeSubmit = null;
    expect([b().weight, interruptions]).toEqual([9, 3]);
  });

  it('gives up when somebody else is always faster', async () => {
    let weight = 200;
    control.answers.beforeSubmit = async () => {
      await control.send({
        type: 'ChangeBackend',
        pool: WEB,
        backend: backendId('a'),
        changes: { weight: weight++ },
        expectedVersion: null,
        actor: { kind: 'api' },
      });
    };
    const result = await run('backends', 'weight', 'web/b', '10');
    control.answers.beforeSubmit = null;
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/has changed meanwhile/);
    expect(weight).toBe(204);
  });

  it('reloads, and says so', async () => {
    expect(await ok('reload')).toMatch(/nothing has changed/);
    control.answers.fileText = CONFIG_TEXT.replace('weight: 3', 'weight: 11');
    expect(await ok('reload')).toMatch(/^applied: /);
    control.answers.fileText = 'nonsense: 1\n';
    const refused = await run('reload');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/is not valid[^]*\n {2}\/etc\/tidegate\/tidegate\.yaml:1:1: nonsense: /);
    control.answers.fileText = CONFIG_TEXT;
  });
});

describe('what goes wrong', () => {
  const CASES: readonly [string, string[], number, RegExp][] = [
    ['an unknown command', ['stauts'], 2, /unknown command 'stauts'/],
    ['an unknown option', ['status', '--colour'], 2, /unknown option/],
    ['a missing argument', ['why'], 2, /missing required argument/],
    ['a limit out of range', ['backends', 'limit', 'web/b', '0'], 2, /1 to 1000000/],
    [
      'a new backend without a pool where there are several',
      ['backends', 'add', 'new', 'http://localhost:1'],
      2,
      /several pools; say which: web\/new, api\/new/,
    ],
    ['a limit that is none', ['backends', 'limit', 'web/b', 'none'], 2, /1 to 1000000, or pool/],
    ['a number of events out of range', ['events', '--limit', '0'], 2, /1 to 1000/],
    ['a weight out of range', ['backends', 'weight', 'web/b', '1001'], 2, /0 to 1000/],
    ['a name that is none', ['why', 'a/b/c'], 2, /does not name a backend/],
    ['a time that is none', ['why', 'web/a', '--at', 'yesterday'], 2, /not a time/],
    [
      'a setting that is given twice',
      ['pool', 'set', 'web', 'algorithm=random', 'algorithm=random'],
      2,
      /twice/,
    ],
    [
      'a section that is given whole and in part',
      ['pool', 'set', 'web', 'circuit_breaker=null', 'circuit_breaker.window=5s'],
      2,
      /circuit_breaker.window is given twice/,
    ],
    [
      'a part of a section that is given as text',
      ['pool', 'set', 'web', 'health_check.expect=x', 'health_check.expect.body=y'],
      2,
      /health_check.expect.body is given twice/,
    ],
    [
      'a limit of what has none',
      ['events', '--follow', '--after', '1', '--limit', '2'],
      2,
      /--limit cannot be used with --follow/,
    ],
    ['two pools at once', ['events', '--pool', 'api', '--backend', 'web/a'], 2, /different pools/],
    ['an argument too many', ['status', 'web'], 2, /too many arguments/],
    [
      'an address of no use to serve',
      ['serve', '--admin', 'http://x:1', '-c', 'x'],
      2,
      /does not take --admin/,
    ],
    ['JSON asked of serve', ['--json', 'serve', 'x.yaml'], 2, /serve does not take --json/],
    [
      'a token of no use to validate',
      ['validate', 'x', '--token-file', 'y'],
      2,
      /does not take --token-file/,
    ],
    ['two configuration files', ['validate', 'x.yaml', '-c', 'y.yaml'], 2, /Two files are named/],
    ['no directory to keep data in', ['serve', 'x.yaml', '--data-dir', ''], 2, /Expected a directory/],
    ['a setting that is none', ['pool', 'set', 'web', 'interval'], 2, /KEY=VALUE/],
    ['an id that several pools have', ['why', 'a'], 2, /web\/a, api\/a/],
    ['an address that is none', ['status', '--admin', 'localhost:9900'], 2, /http:\/\/host:port/],
    ['a token file that is not there', ['status', '--token-file', '/nonexistent/token'], 2, /cannot be read/],
    [
      'a pool that is not there',
      ['backends', 'list', 'nope'],
      1,
      /There is no pool nope; there are: web, api/,
    ],
    ['a backend that is not there', ['backends', 'drain', 'nope'], 1, /No pool has a backend nope/],
    ['a backend that never was', ['why', 'nope'], 1, /No pool has, or had, a backend nope/],
    [
      'a backend that is there already',
      ['backends', 'add', 'web/b', 'http://x:1'],
      1,
      /already has a backend b/,
    ],
    [
      'a backend at a time before it was there',
      ['why', 'web/a', '--at', '2001-02-03'],
      1,
      /There was no backend a in pool web at 2001-02-03T00:00:00/,
    ],
    [
      'a name that no backend can have',
      ['backends', 'add', 'web/-x', 'http://x:1'],
      1,
      /id: expected a name of 1/,
    ],
    ['a URL that is none', ['backends', 'add', 'web/x', 'x:1'], 1, /url: expected a URL/],
    ['an event type that is none', ['events', '--type', 'Nope'], 1, /not known: Nope/],
    [
      'an admin API that is not there',
      ['status', '--admin', 'http://127.0.0.1:DEAD'],
      3,
      /nothing listens there/,
    ],
    [
      'a stream that is not there',
      ['events', '--follow', '--after', '1', '--admin', 'http://127.0.0.1:DEAD'],
      3,
      /nothing listens there/,
    ],
  ];
  it.each(CASES)('%s', async (_name, args, code, message) => {
    const dead = await freePort();
    const result = await run(...args.map((arg) => arg.replace('DEAD', String(dead))));
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/\n +at /);
  });

  it('something else that answers there', async () => {
    const other = await startBackend(() => answer('<html>'));
    const result = await run('status', '--admin', `http://127.0.0.1:${other.port}`);
    await other.close();
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(/does not answer like an admin API/);
  });

  it('a list without events says so to people, and is empty for programs', async () => {
    expect(await run('events', '--pool', 'nope')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'No such events.\n',
    });
  });

  it('the release is told', async () => {
    expect(await ok('--version')).toMatch(/^tidegate \d+\.\d+\.\d+\n$/);
  });

  it('the help of a command names what holds for all commands', async () => {
    expect(await ok('backends', 'weight', '--help')).toMatch(/Global Options:[^]*--json/);
  });

  it('help is no failure and names the exit codes', async () => {
    expect(await ok('--help')).toMatch(/Exit codes:\n {2}0 {2}done/);
  });
});

describe('the token', () => {
  it('is read from its file, and its absence is explained', async () => {
    const guarded = await startAdminServer(adminOptions(control, { token: TOKEN }));
    const admin = `http://127.0.0.1:${guarded.address.port}`;
    const file = join(tempDir(), 'token');
    await writeFile(file, `${TOKEN}\n`);
    const without = await run('status', '--admin', admin);
    const withOption = await run('status', '--admin', admin, '--token-file', file);
    const withVariable = await tidegate(['status'], { TIDEGATE_ADMIN: admin, TIDEGATE_TOKEN_FILE: file });
    await guarded.close();
    expect(without).toMatchObject({ code: 1, stdout: '' });
    expect(without.stderr).toMatch(/--token-file/);
    expect([withOption.code, withVariable.code]).toEqual([0, 0]);
  });
});

describe('validate', () => {
  async function file(content: string): Promise<string> {
    const path = join(tempDir(), 'tidegate.yaml');
    await writeFile(path, content);
    return path;
  }

  it('says that a file is valid', async () => {
    const path = await file(CONFIG_TEXT);
    const result = await run('validate', path);
    expect(result).toMatchObject({ code: 0, stdout: `${path}: valid: 2 pools, 3 backends\n` });
  });

  it('tells all problems with their places', async () => {
    const path = await file('algoritm: random\nbackends:\n  - { id: a, url: x }\n');
    const result = await run('validate', path);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(`${path}:1:1: algoritm: `);
    expect(result.stderr).toContain(`${path}:3:`);
    expect(result.stderr).toContain(`${path}: 2 problems`);
    const json = await run('validate', path, '--json');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({
      valid: false,
      problems: [{ line: 1, col: 1 }, { line: 3 }],
    });
  });

  it('takes the file with -c, as serve does', async () => {
    const path = await file(CONFIG_TEXT);
    expect(await run('validate', '-c', path)).toMatchObject({ code: 0 });
  });

  it.each(['validate', 'serve'])('%s without a file names -c and the example', async (command) => {
    const result = await tidegate([command], {}, tempDir());
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/^There is no tidegate\.yaml .* -c FILE .*infra\/tidegate\.example\.yaml/);
  });

  it.each([
    [
      'a certificate that is not there',
      'none.pem',
      'server-key.pem',
      '3:16: listen.tls.cert_file: ',
      'no such file',
    ],
    ['a key file without a key', 'server.pem', 'server.pem', '4:15: listen.tls.key_file: ', 'no private key'],
    [
      'a key of another certificate',
      'server.pem',
      'other-key.pem',
      '4:15: listen.tls.key_file: ',
      'does not belong',
    ],
    ['a token that is too short', 'server.pem', 'server-key.pem', '5:22: admin.token_file: ', '5 characters'],
  ])('finds %s, by paths from the directory of the file', async (_name, cert, key, place, message) => {
    const dir = tempDir();
    const path = join(dir, 'tidegate.yaml');
    const certificates = relative(dir, join(process.cwd(), 'test/support/certificates'));
    const tls = `listen:\n  tls:\n    cert_file: "${certificates}/${cert}"\n    key_file: "${certificates}/${key}"\n`;
    const token = message.includes('characters') ? 'short' : 'a-token-that-is-long-enough';
    await writeFile(join(dir, 'token'), token, { mode: 0o600 });
    await writeFile(path, `${tls}admin: { token_file: "token" }\nbackends: []\n`);
    const result = await run('validate', path);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(new RegExp(`^${path}:${place}[^\\n]*${message}`));
    expect(result.stderr).toContain(`${path}: 1 problem\n`);
  });

  it('tells that there is no file', async () => {
    const result = await run('validate', '/nonexistent.yaml');
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/no such file/);
  });
});

describe('events --follow', () => {
  it('tells what was, then what is, without gap or duplicate', async () => {
    const before = control.story.world.state.seq;
    const child = spawn(
      process.execPath,
      ['dist/control-plane/cli/tidegate.js', 'events', '--follow', '--json', '--limit', '3'],
      {
        env: { ...process.env, TIDEGATE_ADMIN: url },
      },
    );
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const seqs = () =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).seq as number);
    await waitUntil('what was', () => seqs().length === 3 && control.followers() === 2);
    for (let weight = 300; weight < 305; weight++) {
      await control.send({
        type: 'ChangeBackend',
        pool: WEB,
        backend: backendId('a'),
        changes: { weight },
        expectedVersion: null,
        actor: { kind: 'api' },
      });
    }
    await waitUntil('what is', () => seqs().length === 8);
    child.kill('SIGTERM');
    expect(seqs()).toEqual(Array.from({ length: 8 }, (_, index) => before - 2 + index));
  });

  it('ends quietly when its reader is gone', async () => {
    const child = spawn(
      'sh',
      ['-c', `"${process.execPath}" dist/control-plane/cli/tidegate.js events --limit 1000 | head -1`],
      {
        env: { ...process.env, TIDEGATE_ADMIN: url },
      },
    );
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });
});
