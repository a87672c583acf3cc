import { createServer } from 'node:http';
import type { Server } from 'node:net';
import fc from 'fast-check';
import { type AdminServer, startAdminServer } from '../../control-plane/admin/admin-server.js';
import { runCommandLine } from '../../control-plane/cli/command-line.js';
import { adminOptions } from '../support/admin-app.js';
import { type BackendOptions, startBackend } from '../support/backend-server.js';
import { listen } from '../support/listen.js';
import { type TestControl, testControl } from '../support/control-port.js';
import { testCertificate } from '../support/test-certificate.js';

/** Every command that asks the admin API. */
const COMMANDS = [
  ['status'],
  ['ready'],
  ['workers'],
  ['reload'],
  ['backends'],
  ['backends', 'add', 'web/n', 'http://n:1'],
  ['backends', 'remove', 'web/b'],
  ['backends', 'weight', 'b', '3'],
  ['backends', 'drain', 'web/b'],
  ['pool', 'show', 'web'],
  ['pool', 'set', 'web', 'algorithm=random'],
  ['events'],
  ['events', '--follow', '--after', '1'],
  ['why', 'web/a'],
  ['why', 'gone'],
] as const;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One command line in this process: a process for each would take minutes. */
async function run(args: readonly string[], admin: string): Promise<Ran> {
  const written = { out: '', err: '' };
  const { stdout, stderr } = process;
  stdout.write = (text: unknown) => ((written.out += String(text)), true);
  stderr.write = (text: unknown) => ((written.err += String(text)), true);
  const listeners = new Set(stdout.listeners('error'));
  try {
    const code = await runCommandLine(['node', 'tidegate', ...args, '--admin', admin], '0.0.0');
    return { code, ...written };
  } finally {
    // What is written by the streams' own class comes back.
    for (const stream of [stdout, stderr]) Reflect.deleteProperty(stream, 'write');
    for (const listener of stdout.listeners('error')) {
      if (!listeners.has(listener)) stdout.off('error', listener as () => void);
    }
  }
}

/** Says no in one sentence, and with the code that is documented for it. */
function expectOneSentence({ code, out, err }: Ran): void {
  expect({ code, out }).toEqual({ code: 3, out: '' });
  expect(err).toMatch(/^[^\n]+\.\n$/);
  expect(err).not.toMatch(/TypeError|undefined|\[object/);
}

const servers: { readonly port: number; close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function scripted(answer: string, options: BackendOptions = {}): Promise<number> {
  const backend = await startBackend(
    (_request, { socket }) => void socket.end(Buffer.from(answer, 'latin1')),
    options,
  );
  servers.push(backend);
  return backend.port;
}

async function portOf(server: Server): Promise<number> {
  const listening = await listen(server);
  servers.push(listening);
  return listening.port;
}

function http(head: string, body: string): string {
  return `HTTP/1.1 ${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}

const JSON_TYPE = '200 OK\r\nContent-Type: application/json';
const ANSWERS: readonly (readonly [name: string, answer: string])[] = [
  ['a page', http('200 OK\r\nContent-Type: text/html', '<html>')],
  ['a page that is not found', http('404 Not Found\r\nContent-Type: text/html', '<html>')],
  ['a proxy without its server', http('502 Bad Gateway\r\nContent-Type: text/html', '<html>')],
  ['the JSON of another API', http(JSON_TYPE, '{"status":"success","data":{}}')],
  ['the refusal of another API', http('404 Not Found\r\nContent-Type: application/json', '{"detail":"x"}')],
  ['a list', http(JSON_TYPE, '[]')],
  ['null', http(JSON_TYPE, 'null')],
  ['a number', http(JSON_TYPE, '7')],
  ['half of an object', http(JSON_TYPE, '{"pools":[')],
  ['no UTF-8', http(JSON_TYPE, '\u00ff\u00fe')],
  ['nothing', http('204 No Content', '')],
  ['a redirect', http('302 Found\r\nLocation: http://127.0.0.1:1/', '')],
  ['a stream of something else', http('200 OK\r\nContent-Type: text/event-stream', 'data: {"pool":1}\n\n')],
  ['a stream of no JSON', http('200 OK\r\nContent-Type: text/event-stream', 'data: <html>\n\n')],
  ['less than was promised', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{'],
  ['what cannot be unpacked', http(`${JSON_TYPE}\r\nContent-Encoding: gzip`, '{"a":1}')],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['the end', ''],
];

describe('what is not an admin API of Tidegate is told in one sentence', () => {
  it.each(ANSWERS)('%s', async (_name, answer) => {
    const port = await scripted(answer);
    for (const args of COMMANDS) expectOneSentence(await run(args, `http://127.0.0.1:${port}`));
  });

  it('a port that speaks TLS, and one that does not', async () => {
    const { certPem: cert, keyPem: key } = testCertificate();
    const secure = await scripted('', { tls: { cert, key } });
    const plain = await portOf(createServer((_request, response) => response.end()));
    expectOneSentence(await run(['status'], `http://127.0.0.1:${secure}`));
    const ran = await run(['status'], `https://127.0.0.1:${plain}`);
    expectOneSentence(ran);
    expect(ran.err).toContain('does not speak TLS');
  });
});

describe('an admin API that is nearly one of Tidegate', () => {
  let control: TestControl;
  let real: AdminServer;
  beforeAll(async () => {
    control = await testControl();
    real = await startAdminServer(adminOptions(control));
  });
  afterAll(() => real.close());

  it('never makes a command fail otherwise than documented, whatever is missing or different', async () => {
    const change = { at: 0, to: null as unknown };
    const proxy = createServer((request, response) => {
      request.resume();
      const url = `http://127.0.0.1:${real.address.port}${request.url}`;
      fetch(url, { method: 'GET' }).then(
        async (answer) => {
          response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
          response.end(JSON.stringify(changed(JSON.parse(await answer.text()), change.at, change.to)));
        },
        () => response.destroy(),
      );
    });
    const admin = `http://127.0.0.1:${await portOf(proxy)}`;
    await fc.assert(
      fc.asyncProperty(
        // `ready` is not answered in JSON.
        fc.constantFrom(
          ...COMMANDS.filter((args) => !args.some((arg) => arg === '--follow' || arg === 'ready')),
        ),
        fc.nat(120),
        fc.jsonValue(),
        async (args, at, to) => {
          Object.assign(change, { at, to });
          const { code, err } = await run(args, admin);
          expect([0, 1, 3]).toContain(code);
          expect(err).not.toMatch(/TypeError|\n +at /);
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** The document with the value that is met as number `at` replaced, or left out where that is `null`. */
function changed(document: unknown, at: number, to: unknown): unknown {
  let met = 0;
  return JSON.parse(JSON.stringify(document), (_key, value: unknown) => {
    if (met++ !== at) return value;
    return to ?? undefined;
  });
}
