/** Clients that behave: kept and single connections, bodies both ways, requests in a row, over backends that may break. */
import type { BackendKind } from './soak-backend.js';
import { SoakClient } from './soak-client.js';
import {
  ANSWER_LIMIT_MS,
  type Action,
  type Asked,
  type SoakWorld,
  between,
  expectClose,
  headOf,
  judge,
  oneOf,
  pause,
  withBody,
} from './soak-world.js';

const MAX_REQUESTS_PER_CONNECTION = 200;
const PAUSE_MS = 40;
const MAX_PIPELINED = 8;

/** Mostly whole answers; one in fifteen backends breaks. */
function kindOf(random: () => number): BackendKind {
  if (random() < 0.93) return oneOf(random, ['ok', 'ok', 'ok', 'ok', 'chunked', 'late', 'trickle']);
  return oneOf(random, ['once', 'once', 'reset-before', 'reset-head', 'reset-body', 'cut-chunked']);
}

/** Small, middling or large: within one read, more than one, more than the sockets hold. */
function sizeOf(random: () => number): number {
  const draw = random();
  if (draw < 0.7) return between(random, 0, 2_000);
  return draw < 0.95 ? between(random, 2_000, 100_000) : between(random, 100_000, 600_000);
}

function ask(world: SoakWorld, method: Asked['method'], kind = kindOf(world.random)): Asked {
  return { id: world.nextId(), kind, size: sizeOf(world.random), method };
}

/** One request after the other on one connection, until it ends, is told to, or has had its share. */
async function keepAlive(
  world: SoakWorld,
  name: string,
  next: () => { asked: Asked; bytes: Buffer | string },
) {
  const client = new SoakClient(world.port);
  const count = between(world.random, 1, MAX_REQUESTS_PER_CONNECTION);
  for (let n = 0; n < count && !world.isOver(); n += 1) {
    const { asked, bytes } = next();
    world.tally.started(name);
    if (asked.method === 'HEAD') client.expectNoBody();
    client.send(bytes);
    const answer = await client.next(ANSWER_LIMIT_MS);
    if (!judge(world, name, asked, answer)) {
      if (answer.kind === 'response') await expectClose(world, name, client);
      break;
    }
    await pause(world.random() * PAUSE_MS);
  }
  client.destroy();
}

function keptGets(world: SoakWorld, name: string): Promise<void> {
  return keepAlive(world, name, () => {
    const asked = ask(world, world.random() < 0.05 ? 'HEAD' : 'GET');
    // Backends that write by hand do not know of HEAD.
    const plain: Asked = asked.method === 'HEAD' ? { ...asked, kind: 'ok' } : asked;
    return { asked: plain, bytes: headOf(plain) };
  });
}

function keptPosts(world: SoakWorld, name: string): Promise<void> {
  return keepAlive(world, name, () => {
    const asked = ask(world, world.random() < 0.8 ? 'POST' : 'PUT');
    const chunks = world.random() < 0.5 ? 0 : between(world.random, 1, 10);
    return { asked, bytes: withBody(asked, sizeOf(world.random), chunks) };
  });
}

async function single(world: SoakWorld, name: string): Promise<void> {
  const client = new SoakClient(world.port);
  const asked = ask(world, 'GET');
  world.tally.started(name);
  client.send(headOf(asked, 'connection: close\r\n'));
  const answer = await client.next(ANSWER_LIMIT_MS);
  judge(world, name, asked, answer);
  if (answer.kind === 'response') await expectClose(world, name, client);
  client.destroy();
}

/** Several requests in one write, answered in turn. An end may take those behind it along. */
async function pipelined(world: SoakWorld, name: string): Promise<void> {
  const client = new SoakClient(world.port);
  const { random } = world;
  for (let round = 0; round < 5 && !world.isOver() && !client.isClosed; round += 1) {
    const requests = Array.from({ length: between(random, 2, MAX_PIPELINED) }, () =>
      ask(world, random() < 0.7 ? 'GET' : 'POST', oneOf(random, ['ok', 'ok', 'chunked', 'late'])),
    );
    client.send(
      Buffer.concat(
        requests.map((asked) =>
          asked.method === 'GET' ? Buffer.from(headOf(asked)) : withBody(asked, between(random, 0, 5_000), 0),
        ),
      ),
    );
    let goesOn = true;
    for (const asked of requests) {
      if (!goesOn) break;
      world.tally.started(name);
      goesOn = judge(world, name, asked, await client.next(ANSWER_LIMIT_MS));
    }
    if (!goesOn) break;
    await pause(random() * PAUSE_MS);
  }
  client.destroy();
}

/** A large upload that the backend answers before it has read it. */
async function early(world: SoakWorld, name: string): Promise<void> {
  const client = new SoakClient(world.port);
  const asked = ask(world, 'POST', 'early');
  world.tally.started(name);
  client.send(withBody(asked, between(world.random, 100_000, 2_000_000), 0));
  const answer = await client.next(ANSWER_LIMIT_MS);
  // The rest of the body may meet a closed connection before the answer is read.
  if (answer.kind === 'closed') world.tally.cut(name);
  else judge(world, name, asked, answer);
  client.destroy();
}

export const EXCHANGES: readonly Action[] = [
  { name: 'keep-alive GET', clients: 16, pauseMs: 20, run: keptGets },
  { name: 'keep-alive POST', clients: 8, pauseMs: 20, run: keptPosts },
  { name: 'one per connection', clients: 8, pauseMs: 60, run: single },
  { name: 'pipelined', clients: 4, pauseMs: 100, run: pipelined },
  { name: 'early answer', clients: 1, pauseMs: 300, run: early },
];
