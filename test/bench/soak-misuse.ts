/** Clients that do not behave: they break off, dawdle, do not read, or send what is no HTTP. */
import { SoakClient } from './soak-client.js';
import { bodyOf } from './soak-pattern.js';
import {
  ANSWER_LIMIT_MS,
  type Action,
  type Asked,
  CLOSE_LIMIT_MS,
  type SoakWorld,
  between,
  expectClose,
  headOf,
  judge,
  oneOf,
  pause,
  withBody,
} from './soak-world.js';

const LARGE_BYTES = 2_000_000;
/** More than the sockets between us hold. */
const HUGE_BYTES = 24_000_000;
/** Beyond the longest pause that Tidegate allows within a response in a soak. */
const DEAF_MS = 8_000;
/** Beyond the 2 s that the engines go on reading after their last word. */
const LONG_PAUSE_MS = 2_500;

function plain(world: SoakWorld, method: Asked['method'], size: number): Asked {
  return { id: world.nextId(), kind: 'ok', size, method };
}

function leave(world: SoakWorld, client: SoakClient): void {
  if (world.random() < 0.5) client.reset();
  else client.destroy();
}

async function abortWithinRequest(world: SoakWorld, name: string): Promise<void> {
  const client = new SoakClient(world.port);
  const asked = plain(world, 'POST', 100);
  const whole = withBody(asked, between(world.random, 1, 200_000), world.random() < 0.5 ? 0 : 4);
  world.tally.started(name);
  client.send(whole.subarray(0, between(world.random, 1, whole.length - 1)));
  await pause(world.random() * 50);
  leave(world, client);
  world.tally.aborted(name);
}

async function abortWithinResponse(world: SoakWorld, name: string): Promise<void> {
  const client = new SoakClient(world.port);
  const kind = oneOf(world.random, ['ok', 'chunked', 'late', 'trickle'] as const);
  const asked: Asked = { ...plain(world, 'GET', between(world.random, 1_000, LARGE_BYTES)), kind };
  world.tally.started(name);
  client.send(headOf(asked));
  if (world.random() < 0.7) await client.firstByte(ANSWER_LIMIT_MS);
  else await pause(world.random() * 50);
  leave(world, client);
  world.tally.aborted(name);
}

/** The head in pieces, slowly but in time; or so slowly that it is refused. */
async function slowHead(world: SoakWorld, name: string): Promise<void> {
  const client = new SoakClient(world.port);
  const asked = plain(world, 'GET', 500);
  const head = headOf(asked);
  const stalls = world.random() < 0.3;
  world.tally.started(name);
  const step = Math.ceil(head.length / 6);
  for (let from = 0; from < head.length; from += step) {
    client.send(head.slice(from, from + step));
    if (stalls && from > 0) break;
    await pause(world.random() * 200);
  }
  await settle(world, name, { client, asked, stalls });
}

async function slowBody(world: SoakWorld, name: string): Promise<void> {
  const client = new SoakClient(world.port);
  const asked = plain(world, 'POST', 500);
  const whole = withBody(asked, between(world.random, 1_000, 150_000), world.random() < 0.5 ? 0 : 5);
  const stalls = world.random() < 0.3;
  world.tally.started(name);
  const step = Math.ceil(whole.length / 8);
  for (let from = 0; from < whole.length; from += step) {
    client.send(whole.subarray(from, from + step));
    if (stalls && from > whole.length / 2) break;
    await pause(world.random() * 300);
  }
  await settle(world, name, { client, asked, stalls });
}

interface Settling {
  readonly client: SoakClient;
  readonly asked: Asked;
  /** The client sent no more, which must be noticed: 408, or the end. */
  readonly stalls: boolean;
}

async function settle(world: SoakWorld, name: string, { client, asked, stalls }: Settling): Promise<void> {
  const answer = await client.next(ANSWER_LIMIT_MS);
  if (!stalls) judge(world, name, asked, answer);
  else if (answer.kind === 'silent') world.tally.violation(name, `${asked.id}: a stalled request is kept`);
  else if (answer.kind === 'closed') world.tally.cut(name);
  else {
    world.tally.answered(name, answer.response.status);
    if (answer.response.status !== 408 && answer.response.status !== 502) {
      world.tally.violation(name, `${asked.id}: stalled, and answered ${answer.response.status}`);
    }
    await expectClose(world, name, client);
  }
  client.destroy();
}

/** Reads a large answer with pauses that are in time. All of it must come, the last one of a connection too. */
async function slowReader(world: SoakWorld, name: string): Promise<void> {
  const client = new SoakClient(world.port);
  const asked = plain(world, 'GET', between(world.random, LARGE_BYTES, 3 * LARGE_BYTES));
  const isLast = world.random() < 0.5;
  world.tally.started(name);
  client.send(headOf(asked, isLast ? 'connection: close\r\n' : ''));
  await client.firstByte(ANSWER_LIMIT_MS);
  client.socket.pause();
  await pause(world.random() * LONG_PAUSE_MS);
  for (let n = 0; n < 6 && !client.isClosed; n += 1) {
    client.socket.pause();
    await pause(100 + world.random() * 300);
    client.socket.resume();
    await pause(10);
  }
  judge(world, name, asked, await client.next(ANSWER_LIMIT_MS));
  client.destroy();
}

/** Does not read at all: Tidegate must give up on it, and what was read until then must be no whole answer. */
async function deaf(world: SoakWorld, name: string): Promise<void> {
  const client = new SoakClient(world.port);
  const asked = plain(world, 'GET', HUGE_BYTES);
  world.tally.started(name);
  client.send(headOf(asked));
  await client.firstByte(ANSWER_LIMIT_MS);
  client.socket.pause();
  await pause(DEAF_MS);
  client.socket.resume();
  if (await client.closed(CLOSE_LIMIT_MS)) world.tally.cut(name);
  else world.tally.violation(name, `${asked.id}: a client that does not read is kept`);
  client.destroy();
}

const MALFORMED: readonly [string, ...string[]] = [
  'GET / HTTP/1.1\r\n\r\n',
  'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n',
  'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3x\r\n\r\nabc',
  'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc',
  'GET / HTTP/1.1\r\nhost: a\r\nname : value\r\n\r\n',
  'GET / HTTP/1.1\r\nhost: a\r\nname: v\r\n folded\r\n\r\n',
  'GET / HTTP/1.1\r\nhost: a\r\nname: v\0alue\r\n\r\n',
  'GET / HTTP/1.x\r\nhost: a\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is a ClientHello',
  `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
  `GET / HTTP/1.1\r\nhost: a\r\n${'name: value\r\n'.repeat(3_000)}\r\n`,
];

/** On a new connection, or behind a good request on the same one. */
async function malformed(world: SoakWorld, name: string): Promise<void> {
  const client = new SoakClient(world.port);
  const asked = plain(world, 'GET', 200);
  const bad = oneOf(world.random, MALFORMED);
  world.tally.started(name);
  if (world.random() < 0.5) {
    client.send(headOf(asked));
    if (!judge(world, name, asked, await client.next(ANSWER_LIMIT_MS))) return client.destroy();
  }
  client.send(bad);
  const answer = await client.next(ANSWER_LIMIT_MS);
  if (answer.kind === 'silent') world.tally.violation(name, `kept: ${JSON.stringify(bad.slice(0, 60))}`);
  else if (answer.kind === 'closed') world.tally.cut(name);
  else {
    world.tally.answered(name, answer.response.status);
    if (answer.response.status < 400) {
      world.tally.violation(name, `${answer.response.status} for ${JSON.stringify(bad.slice(0, 60))}`);
    }
    await expectClose(world, name, client);
  }
  client.destroy();
}

/** Opens a connection and says nothing, or ends its side at once. */
async function mute(world: SoakWorld, name: string): Promise<void> {
  const client = new SoakClient(world.port);
  world.tally.started(name);
  if (world.random() < 0.5) client.socket.end(world.random() < 0.5 ? bodyOf(world.nextId(), 5) : '');
  if (await client.closed(CLOSE_LIMIT_MS)) world.tally.cut(name);
  else world.tally.violation(name, 'a client that says nothing is kept');
  client.destroy();
}

export const MISUSE: readonly Action[] = [
  { name: 'abort in request', clients: 3, pauseMs: 80, run: abortWithinRequest },
  { name: 'abort in response', clients: 4, pauseMs: 80, run: abortWithinResponse },
  { name: 'slow head', clients: 4, pauseMs: 100, run: slowHead },
  { name: 'slow body', clients: 4, pauseMs: 100, run: slowBody },
  { name: 'slow reader', clients: 2, pauseMs: 200, run: slowReader },
  { name: 'deaf reader', clients: 1, pauseMs: 1_000, run: deaf },
  { name: 'malformed', clients: 3, pauseMs: 100, run: malformed },
  { name: 'mute', clients: 2, pauseMs: 200, run: mute },
];
