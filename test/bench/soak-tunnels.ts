/** Upgraded connections of a soak: messages echoed, and every way to end them. */
import { SoakClient } from './soak-client.js';
import { bodyOf } from './soak-pattern.js';
import {
  ANSWER_LIMIT_MS,
  type Action,
  type Asked,
  CLOSE_LIMIT_MS,
  type SoakWorld,
  between,
  headOf,
  oneOf,
  pause,
} from './soak-world.js';

const UPGRADE = 'connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n';
const HEAD_END = '\r\n\r\n';
const MAX_MESSAGES = 20;

type Ending = 'client-end' | 'client-close' | 'client-reset' | 'backend-end' | 'backend-reset';
const ENDINGS: readonly [Ending, ...Ending[]] = [
  'client-end',
  'client-close',
  'client-reset',
  'backend-end',
  'backend-reset',
];

async function tunnel(world: SoakWorld, name: string): Promise<void> {
  const { random, tally } = world;
  const ending = oneOf(random, ENDINGS);
  const messages = between(random, 1, MAX_MESSAGES);
  const asked: Asked = {
    id: world.nextId(),
    kind: ending === 'backend-reset' ? 'reset-body' : 'ok',
    // The backend ends it at this message; 0: the client does.
    size: ending.startsWith('backend') ? messages : 0,
    method: 'GET',
  };
  const client = new SoakClient(world.port);
  tally.started(name);
  client.becomeRaw();
  client.send(headOf(asked, UPGRADE));
  const isUp = await upgraded(world, name, client, asked.id);
  for (let n = 1; isUp && n <= messages; n += 1) {
    const message = bodyOf(asked.id, between(random, 1, random() < 0.9 ? 500 : 60_000));
    client.send(message);
    const isLast = n === messages;
    const echo = await client.raw(message.length, ANSWER_LIMIT_MS);
    // A message in several reads is several messages to the backend, which then ends before the last one.
    const mayEnd = asked.size > 0 && (isLast || client.isClosed);
    if (echo === null) tally.violation(name, `${asked.id} ${ending}: no echo in ${ANSWER_LIMIT_MS} ms`);
    else if (!echo.equals(message.subarray(0, echo.length))) {
      tally.violation(name, `FOREIGN echo in ${asked.id}`);
    } else if (echo.length < message.length && !mayEnd) {
      tally.violation(name, `${asked.id} ${ending}: ended after message ${n} of ${messages}`);
    }
    if (echo === null || client.isClosed) break;
    await pause(random() * 60);
  }
  if (isUp) await end(world, name, client, ending);
  client.destroy();
}

/** Reads the 101 byte by byte, so that no byte of a message is taken along. */
async function upgraded(world: SoakWorld, name: string, client: SoakClient, id: string): Promise<boolean> {
  let head = '';
  while (!head.includes(HEAD_END)) {
    const more = await client.raw(1, ANSWER_LIMIT_MS);
    if (more === null || more.length === 0) {
      world.tally.violation(name, `${id}: no answer to the upgrade (${JSON.stringify(head.slice(0, 80))})`);
      return false;
    }
    head += more.toString('latin1');
  }
  const status = Number(head.slice(9, 12));
  world.tally.answered(name, status);
  if (status === 101 && head.toLowerCase().includes(`x-soak-id: ${id}\r\n`)) return true;
  // GET may be sent again, so that even an ending kept connection must not show.
  world.tally.violation(name, `${id}: ${JSON.stringify(head.slice(0, 120))}`);
  return false;
}

async function end(world: SoakWorld, name: string, client: SoakClient, ending: Ending): Promise<void> {
  switch (ending) {
    case 'client-close':
      client.destroy();
      return;
    case 'client-reset':
      client.reset();
      return;
    case 'client-end':
      client.socket.end();
      break;
    case 'backend-end':
    case 'backend-reset':
      break;
  }
  if (!(await client.closed(CLOSE_LIMIT_MS))) world.tally.violation(name, `${ending}: the end did not pass`);
}

export const TUNNELS: readonly Action[] = [{ name: 'tunnel', clients: 6, pauseMs: 80, run: tunnel }];
