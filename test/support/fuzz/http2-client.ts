/**
 * One connection of HTTP/2 of a fuzz. A civil one is node's client with well-formed requests, several at once; a rude one writes
 * frames: wrong fields, wrong order, padding, empty frames, resets at any time.
 */
import * as http2 from 'node:http2';
import { connectH2 } from '../h2-client.js';
import {
  FLAG,
  FRAME,
  FrameClient,
  data,
  fields,
  frame,
  headers,
  reset,
  uint32,
  windowUpdate,
} from '../h2-frames.js';
import { waitUntil } from '../wait-until.js';
import type { Chance } from './chance.js';
import { isWellFormed, type Where } from './http1-client.js';
import { countRequest, judge, type FuzzEnd, type Ledger } from './ledger.js';
import { fuzzRequest, type Field, type FuzzRequest } from './requests.js';
import { BAD_NAMES, BAD_VALUES, VALUES } from './words.js';

const PATIENCE_MS = 20_000;
const CURIOSITY_MS = 100;
const MOST_STREAMS = 12;

export async function playCivilHttp2(
  chance: Chance,
  ledger: Ledger,
  { port }: Where,
  name: string,
): Promise<void> {
  // Missing in node's types, on this side.
  const options: object = { strictSingleValueFields: false };
  const { session } = await connectH2(port, options);
  ledger.connections += 1;
  const plays: Promise<void>[] = [];
  for (let i = chance.between(1, MOST_STREAMS); i > 0 && !session.closed; i -= 1) {
    plays.push(civilStream(chance, ledger, session, fuzzRequest(chance, `${name}-${i}`)));
    if (chance.maybe(0.5)) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(plays);
  session.destroy();
}

async function civilStream(
  chance: Chance,
  ledger: Ledger,
  session: http2.ClientHttp2Session,
  request: FuzzRequest,
): Promise<void> {
  const { body, framing, trailers } = request;
  let stream: http2.ClientHttp2Stream;
  try {
    const length = body !== null && framing === 'length' ? { 'content-length': String(body.length) } : {};
    stream = session.request(
      {
        ':method': request.method,
        ':path': request.target,
        ':authority': `${request.pool}.test`,
        'x-fuzz': request.id,
        ...grouped(request.fields),
        ...length,
      },
      { endStream: body === null, waitForTrailers: trailers.length > 0 },
    );
  } catch {
    // Node's client refuses to send it.
    return;
  }
  const isReset = chance.maybe(0.1);
  const isClean = !isReset && isWellFormed({ ...request, framing: 'chunked' });
  countRequest(ledger, request, isClean);
  let head: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
  stream.on('error', () => undefined);
  stream.on('response', (received) => (head = received));
  stream.on('wantTrailers', () => {
    try {
      stream.sendTrailers(grouped(trailers));
    } catch {
      stream.close(http2.constants.NGHTTP2_CANCEL);
    }
  });
  stream.resume();
  if (body !== null) stream.end(body);
  if (isReset) {
    ledger.resets += 1;
    if (chance.maybe(0.5)) await new Promise((resolve) => setImmediate(resolve));
    stream.close(chance.one([http2.constants.NGHTTP2_CANCEL, http2.constants.NGHTTP2_NO_ERROR, 1, 77]));
  }
  await waitUntil('the end', () => stream.closed || session.destroyed, PATIENCE_MS).catch(() => undefined);
  const text = (name: string): string | null => {
    const value = head[name];
    return value === undefined ? null : String(value);
  };
  const code = stream.rstCode;
  const end: FuzzEnd = {
    status: head[':status'] ?? null,
    error: text('x-tidegate-error'),
    id: head['x-backend'] === 'fair' ? text('x-fuzz') : null,
    how: howOf(stream, session, head[':status'] !== undefined),
    code,
  };
  // What the whole session ended with was some other stream's doing.
  judge(ledger, request, isClean && !session.destroyed, end);
}

function howOf(
  stream: http2.ClientHttp2Stream,
  session: http2.ClientHttp2Session,
  isAnswered: boolean,
): FuzzEnd['how'] {
  if (session.destroyed) return 'closed';
  if (!stream.closed) return 'nothing';
  if (stream.rstCode !== 0) return 'reset';
  return isAnswered ? 'answered' : 'closed';
}

function grouped(pairs: readonly Field[]): Record<string, string | string[]> {
  const byName = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    // Its text goes out in latin1, and comes back so.
    byName.set(lower, [...(byName.get(lower) ?? []), value]);
  }
  return Object.fromEntries(
    [...byName].map(([name, values]) => [name, values.length === 1 ? values[0]! : values]),
  );
}

export async function playRudeHttp2(
  chance: Chance,
  ledger: Ledger,
  { port }: Where,
  name: string,
): Promise<void> {
  const client = await FrameClient.open(port);
  ledger.connections += 1;
  try {
    const last = 2 * chance.between(1, MOST_STREAMS) - 1;
    for (let stream = 1; stream <= last && !client.isClosed; stream += 2) {
      const request = fuzzRequest(chance, `${name}-${stream}`);
      countRequest(ledger, request, false);
      client.send(...rudeStream(chance, ledger, stream, request));
      if (chance.maybe(0.3)) client.send(noise(chance, stream));
      if (chance.maybe(0.3)) await new Promise((resolve) => setImmediate(resolve));
    }
    const isOver = (): boolean =>
      client.isClosed ||
      client.frames.some((each) => each.stream === last && (each.flags & FLAG.endStream) !== 0);
    await waitUntil('the last answer', isOver, CURIOSITY_MS).catch(() => undefined);
    const heads = new Set(
      client.frames.filter(({ type }) => type === FRAME.headers).map((each) => each.stream),
    );
    // At least: interim ones and final ones look the same from here.
    ledger.answers += client.frames.filter(
      ({ type, flags, stream }) =>
        heads.has(stream) &&
        (type === FRAME.headers || type === FRAME.data) &&
        (flags & FLAG.endStream) !== 0,
    ).length;
  } finally {
    client.close();
  }
}

function rudeStream(chance: Chance, ledger: Ledger, stream: number, request: FuzzRequest): Buffer[] {
  const { method, target, body, trailers, pool, id } = request;
  const pseudo: Field[] = [
    [':method', method],
    [':scheme', chance.maybe(0.95) ? 'https' : chance.one(['http', 'ftp', '', 'HTTPS'])],
    [':authority', `${pool}.test`],
    [':path', target],
  ];
  if (chance.maybe(0.1)) pseudo.splice(chance.between(0, 3), 1);
  if (chance.maybe(0.05)) pseudo.push([chance.one(BAD_NAMES), chance.one([...VALUES, ...BAD_VALUES])]);
  const all: Field[] = [
    ...pseudo,
    ['x-fuzz', id],
    ...request.fields.map(([name, value]): Field => [name.toLowerCase(), value]),
  ];
  if (chance.maybe(0.1)) {
    all.push([chance.one(['connection', 'upgrade', 'te', 'transfer-encoding']), chance.one(VALUES)]);
  }
  if (body !== null && chance.maybe(0.5)) {
    all.push(['content-length', chance.maybe(0.9) ? String(body.length) : chance.one(VALUES)]);
  }
  // Not beyond the connection's window, which nobody here waits for.
  const content = (body ?? '').slice(0, 3_000);
  const frames = headFrames(chance, stream, fields(...all), body === null);
  if (body !== null) {
    const isTrailed = trailers.length > 0;
    if (chance.maybe(0.3)) frames.push(data(stream, ''));
    const half = Math.floor(content.length / 2);
    frames.push(
      chance.maybe(0.5)
        ? padded(chance, stream, content.slice(0, half))
        : data(stream, content.slice(0, half)),
    );
    frames.push(data(stream, content.slice(half), !isTrailed && chance.maybe(0.9)));
    if (isTrailed) frames.push(headers(stream, fields(...trailers)));
  }
  if (chance.maybe(0.2)) {
    ledger.resets += 1;
    frames.splice(chance.between(1, frames.length), 0, reset(stream, chance.one([0, 1, 2, 5, 7, 8, 99])));
  }
  return frames;
}

function headFrames(chance: Chance, stream: number, block: Buffer, ends: boolean): Buffer[] {
  const flags = ends ? FLAG.endStream : 0;
  if (chance.maybe(0.8)) return [headers(stream, block, flags | FLAG.endHeaders)];
  const at = chance.between(0, block.length);
  return [
    headers(stream, block.subarray(0, at), flags),
    frame(FRAME.continuation, FLAG.endHeaders, stream, block.subarray(at)),
  ];
}

const PADDED = 8;

function padded(chance: Chance, stream: number, content: string): Buffer {
  const padding = chance.between(0, 255);
  return frame(
    FRAME.data,
    PADDED,
    stream,
    Buffer.concat([Buffer.from([padding]), Buffer.from(content), Buffer.alloc(padding)]),
  );
}

/** Frames that belong to nothing. */
function noise(chance: Chance, stream: number): Buffer {
  const other = chance.one([stream, stream, stream + 2, Math.max(1, stream - 2), 0, 2]);
  return chance.one([
    () => windowUpdate(other, chance.one([0, 1, 65_535, 0x7fffffff])),
    () => frame(FRAME.priority, 0, other, Buffer.concat([uint32(chance.between(0, 9)), Buffer.from([7])])),
    () => frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
    () =>
      frame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), uint32(chance.one([0, 1, 65_535]))])),
    () => frame(chance.between(10, 255), chance.between(0, 255), other, Buffer.alloc(chance.between(0, 40))),
    () => data(other, 'stray'),
    () => reset(other),
    () => headers(other, fields(['x', 'y'])),
    () => frame(FRAME.goaway, 0, 0, Buffer.alloc(8)),
    () => Buffer.from('GET / HTTP/1.1\r\nHost: fair.test\r\n\r\n'),
  ])();
}
