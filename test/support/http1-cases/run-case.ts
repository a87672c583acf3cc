/**
 * Runs a strictness case against any proxy: starts a backend that does as the case says, has the proxy started in front of it,
 * plays the client, and names everything that is not as expected. Knows nothing of engines.
 */
import {
  answer,
  startBackend,
  type BackendConnection,
  type BackendRequest,
  type BackendServer,
} from '../backend-server.js';
import { connectRaw, type RawClient } from '../raw-client.js';
import { MalformedResponse, ResponseScanner } from '../response-scanner.js';
import { waitUntil } from '../wait-until.js';
import type { Outcome, Reply, Step, StrictnessCase } from './strictness-case.js';

export interface ProxyUnderTest {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a proxy with one pool of one backend on this port of 127.0.0.1. */
export type StartProxy = (backendPort: number) => Promise<ProxyUnderTest>;

const PROBE = 'GET /probe HTTP/1.1\r\nHost: a.test\r\n\r\n';
const PROBE_ANSWER = 'the answer to the probe';

interface Client {
  readonly raw: RawClient;
  /** Final responses so far. `midway`: one is incomplete. */
  read(): {
    readonly statuses: number[];
    readonly lastHead: string;
    readonly lastBody: string;
    readonly midway: boolean;
  };
}

/** What went wrong, in words. Empty: all as expected. */
export async function runCase(test: StrictnessCase, start: StartProxy): Promise<readonly string[]> {
  const { expected } = test;
  const backend = await startBackend(scriptOf(test.replies));
  const proxy = await start(backend.port);
  const raw = await connectRaw(proxy.port);
  const client: Client = { raw, read: () => readResponses(test.steps, raw) };
  const problems: string[] = [];
  try {
    for (const step of test.steps) await take(step, client, backend);
    problems.push(...(await settle(expected, client)));
    if (expected.requests !== 'any') await backend.sees(expected.requests);
    problems.push(...compareBytes('client', raw.received(), expected.contains ?? [], expected.lacks ?? []));
    problems.push(...compareBackend(expected, backend));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    raw.close();
    await proxy.close();
    await backend.close();
  }
  return problems.length === 0
    ? problems
    : [
        ...problems,
        `client received ${JSON.stringify(raw.received())}`,
        ...backend.connections.map(
          (connection) => `backend received ${JSON.stringify(connection.received())}`,
        ),
      ];
}

function scriptOf(
  replies: readonly Reply[],
): (request: BackendRequest, connection: BackendConnection) => void {
  let next = 0;
  return (request, connection) => {
    if (request.target === '/probe') {
      connection.write(answer(PROBE_ANSWER));
      return;
    }
    const reply = replies[next++] ?? { bytes: answer('fine') };
    void respond(reply, request, connection);
  };
}

async function respond(reply: Reply, request: BackendRequest, connection: BackendConnection): Promise<void> {
  const { once, bytes } = reply;
  const { socket } = connection;
  if (once !== undefined) {
    const came = waitUntil(
      `${String(once)} at the backend`,
      () => once.test(request.body()) || socket.destroyed,
    );
    // Where it does not come, the case says what the client sees then.
    await came.catch(() => undefined);
    if (!once.test(request.body())) return;
  }
  connection.write(bytes);
  if (reply.finally === 'ends') socket.end();
  if (reply.finally === 'resets') socket.resetAndDestroy();
}

async function take(step: Step, client: Client, backend: BackendServer): Promise<void> {
  if ('send' in step) client.raw.send(step.send);
  else if ('receives' in step) await client.raw.until(step.receives);
  else if ('backendReceives' in step) {
    const has = (connection: BackendConnection): boolean =>
      matches(connection.received(), step.backendReceives);
    await waitUntil(`${String(step.backendReceives)} at the backend`, () => backend.connections.some(has));
  } else if ('backendSends' in step) backend.connections.at(-1)?.write(step.backendSends);
  else if ('backendCloses' in step) {
    const socket = backend.connections.at(-1)?.socket;
    if (step.backendCloses === 'end') socket?.end();
    else socket?.resetAndDestroy();
  } else client.raw.socket.end();
}

/** Waits for the expected responses and for what becomes of the connection. */
async function settle(expected: Outcome, client: Client): Promise<string[]> {
  const { statuses, after, code } = expected;
  const count = statuses.length;
  const ended = { value: false };
  void client.raw.closed().then(
    () => (ended.value = true),
    () => undefined,
  );
  await waitUntil(`${count} responses`, () => ended.value || client.read().statuses.length >= count);
  const problems: string[] = [];
  const seen = client.read();
  if (seen.statuses.join() !== statuses.join()) {
    problems.push(`statuses ${seen.statuses.join()} instead of ${statuses.join()}`);
  }
  if (code !== undefined && !seen.lastHead.toLowerCase().includes(`x-tidegate-error: ${code}`)) {
    problems.push(`no code ${code}`);
  }
  if (after === 'closed' || after === 'cut') {
    await waitUntil('the end of the connection', () => ended.value);
    if (client.read().midway !== (after === 'cut')) problems.push(after === 'cut' ? 'not cut' : 'cut');
  }
  if (after === 'open') {
    client.raw.send(PROBE);
    await waitUntil('the answer to the probe', () => ended.value || client.read().statuses.length > count);
    if (client.read().lastBody !== PROBE_ANSWER) {
      problems.push('a further request is not answered as it should be');
    }
  }
  return problems;
}

function readResponses(steps: readonly Step[], raw: RawClient): ReturnType<Client['read']> {
  const scanner = new ResponseScanner({ keepBodies: true });
  const statuses: number[] = [];
  let lastHead = '';
  let lastBody = '';
  const methods = steps.flatMap((step) =>
    'send' in step ? [...step.send.matchAll(/^(\S+) \S+ HTTP\/1\.[01]\r$/gm)] : [],
  );
  try {
    // One response at a time, as only the request says whether it has a body.
    if (methods[0]?.[1] === 'HEAD') scanner.expectNoBody();
    const responses = scanner.push(Buffer.from(raw.received(), 'latin1'));
    const last = raw.socket.readableEnded ? scanner.end() : null;
    for (const response of last === null ? responses : [...responses, last]) {
      statuses.push(response.status);
      lastHead = response.head;
      lastBody = response.body.toString('latin1');
    }
    return { statuses, lastHead, lastBody, midway: scanner.midway };
  } catch (error) {
    if (!(error instanceof MalformedResponse)) throw error;
    return { statuses: [-1], lastHead: error.message, lastBody: '', midway: false };
  }
}

function compareBackend(expected: Outcome, backend: BackendServer): string[] {
  const requests = backend.requests.filter(({ target }) => target !== '/probe');
  const received = backend.connections.map((connection) => connection.received()).join('\n---\n');
  const problems = compareBytes(
    'backend',
    received,
    expected.backendContains ?? [],
    expected.backendLacks ?? [],
  );
  if (expected.requests !== 'any' && requests.length !== expected.requests) {
    problems.push(`${requests.length} requests at the backend`);
  }
  if (requests.some(({ target }) => target.includes('smuggled'))) {
    problems.push('a request was smuggled');
  }
  const { upstreamConnections } = expected;
  if (upstreamConnections !== undefined && backend.connections.length !== upstreamConnections) {
    problems.push(`${backend.connections.length} connections to the backend`);
  }
  return problems;
}

function compareBytes(
  who: string,
  bytes: string,
  contains: readonly (string | RegExp)[],
  lacks: readonly (string | RegExp)[],
): string[] {
  return [
    ...contains
      .filter((pattern) => !matches(bytes, pattern))
      .map((pattern) => `${who} did not get ${String(pattern)}`),
    ...lacks.filter((pattern) => matches(bytes, pattern)).map((pattern) => `${who} got ${String(pattern)}`),
  ];
}

function matches(text: string, pattern: string | RegExp): boolean {
  return typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text);
}
