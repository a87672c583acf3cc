/** Requests by chance: well-formed ones full of words with a meaning of their own, and ways to spoil them. */
import type { Chance } from './chance.js';
import { BAD_NAMES, BAD_TARGETS, BAD_VALUES, METHODS, NAMES, TARGETS, VALUES } from './words.js';

export type Field = readonly [name: string, value: string];

export interface FuzzRequest {
  /** Which backends are asked: those that always answer, or those that answer anything. */
  readonly pool: 'fair' | 'wild';
  readonly id: string;
  readonly method: string;
  readonly target: string;
  readonly fields: readonly Field[];
  /** `null`: none, not even an empty one. */
  readonly body: string | null;
  readonly framing: 'length' | 'chunked';
  readonly trailers: readonly Field[];
}

/** Names that say where the message ends or what the connection becomes: the generator writes them itself. */
const FRAMING = new Set([
  'content-length',
  'transfer-encoding',
  'host',
  'connection',
  'upgrade',
  'content_length',
]);

/** @param id unlike that of any other */
export function fuzzRequest(chance: Chance, id: string): FuzzRequest {
  const spoiled = chance.maybe(0.25);
  const names = spoiled ? [...NAMES, ...BAD_NAMES] : NAMES.filter((name) => !FRAMING.has(name));
  const values = spoiled ? [...VALUES, ...BAD_VALUES] : VALUES;
  const field = (): Field => [chance.one(names), chance.one(values)];
  const fields = Array.from({ length: chance.between(0, chance.maybe(0.02) ? 110 : 5) }, field);
  // A cookie per request that is the largest there may be, and more.
  if (chance.maybe(0.01)) fields.push(['cookie', 'c'.repeat(chance.between(8_000, 20_000))]);
  const hasBody = chance.maybe(0.4);
  return {
    pool: chance.maybe(0.6) ? 'fair' : 'wild',
    id,
    method: chance.one(METHODS),
    target: chance.one(spoiled ? [...TARGETS, ...BAD_TARGETS] : TARGETS),
    fields,
    body: hasBody ? 'b'.repeat(chance.one([0, 1, 5, 100, 5_000, 70_000])) : null,
    framing: chance.one(['length', 'chunked']),
    trailers: hasBody ? chance.some([field(), ['x-sum', '7'] as const], 2) : [],
  };
}

/** As HTTP/1.1. */
export function http1Bytes(chance: Chance, request: FuzzRequest): Buffer {
  const { pool, id, method, target, fields, body, framing, trailers } = request;
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${pool}.test`, `X-Fuzz: ${id}`];
  for (const [name, value] of fields) lines.push(`${cased(chance, name)}: ${value}`);
  let content = '';
  if (body !== null && framing === 'length') {
    lines.push(`Content-Length: ${body.length}`);
    content = body;
  } else if (body !== null) {
    lines.push('Transfer-Encoding: chunked');
    content = chunked(chance, body, trailers);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${content}`, 'latin1');
}

function chunked(chance: Chance, body: string, trailers: readonly Field[]): string {
  let text = '';
  for (let at = 0; at < body.length;) {
    const size = Math.min(body.length - at, chance.one([1, 3, 100, 16_384, body.length]));
    // Not one byte at a time for what is long.
    const taken = Math.max(size, Math.ceil(body.length / 50));
    const piece = body.slice(at, at + taken);
    text += `${piece.length.toString(16)}${chance.maybe(0.05) ? ';x=y' : ''}\r\n${piece}\r\n`;
    at += piece.length;
  }
  return `${text}0\r\n${trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

function cased(chance: Chance, name: string): string {
  if (chance.maybe(0.7)) return name;
  return chance.maybe(0.5) ? name.toUpperCase() : name.replace(/^./, (first) => first.toUpperCase());
}

/** The same with some bytes changed, taken out, put in or repeated. */
export function spoil(chance: Chance, bytes: Buffer): Buffer {
  let spoiled = bytes;
  for (let count = chance.between(1, 3); count > 0; count -= 1) {
    const at = chance.between(0, spoiled.length);
    const [before, after] = [spoiled.subarray(0, at), spoiled.subarray(at)];
    const other = Buffer.from([chance.one([0, 9, 10, 13, 32, 48, 58, 59, 127, 255, chance.between(0, 255)])]);
    spoiled = chance.one([
      () => Buffer.concat([before, other, after.subarray(1)]),
      () => Buffer.concat([before, other, after]),
      () => Buffer.concat([before, after.subarray(chance.between(1, 4))]),
      () => Buffer.concat([before, after.subarray(0, 20), after]),
      () => before,
    ])();
  }
  return spoiled;
}

/** In pieces, as they are sent. */
export function pieces(chance: Chance, bytes: Buffer): Buffer[] {
  if (chance.maybe(0.5)) return [bytes];
  const cut: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = Math.max(chance.between(1, 200), Math.ceil(bytes.length / 8));
    cut.push(bytes.subarray(at, at + size));
    at += size;
  }
  return cut;
}
