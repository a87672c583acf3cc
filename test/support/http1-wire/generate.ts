/**
 * Byte streams of HTTP/1 from a seed: valid ones, nearly valid ones in the ways that attackers use, and those with bytes
 * changed at random. Latin1 strings.
 */
import type { Random } from '../../../shared/ports.js';

interface Source {
  readonly random: Random;
  /** What is rare becomes rarer, so that whole streams are valid. */
  readonly calm: boolean;
}

type Weighted = readonly (readonly [weight: number, text: string])[];

const METHODS: Weighted = [
  [30, 'GET'],
  [20, 'POST'],
  [5, 'PUT'],
  [5, 'DELETE'],
  [4, 'HEAD'],
  [3, 'OPTIONS'],
  [1, 'TRACE'],
  [1, 'CONNECT'],
  [1, 'get'],
  [1, 'FOO'],
  [1, 'VERSION-CONTROL'],
  [1, 'Head'],
  [1, 'M-SEARCH'],
  [1, 'SOURCE'],
  [1, 'PRI'],
];
const TARGETS: Weighted = [
  [40, '/'],
  [10, '/a/b?x=1&y=%20'],
  [2, '*'],
  [3, 'http://example.com/a'],
  [2, 'http://example.com'],
  [2, 'HTTPS://u@example.com:1/?q'],
  [1, 'example.com:443'],
  [1, '/a#b'],
  [1, '/a/../b'],
  [1, '/%2e%2E/b'],
  [1, '/a|b[c]{d}^`'],
  [1, '/?a\\b"<>'],
  [1, '/\x80'],
  [1, ''],
  [1, '//example.com'],
];
const VERSIONS: Weighted = [
  [60, 'HTTP/1.1'],
  [12, 'HTTP/1.0'],
  [1, 'HTTP/1.2'],
  [1, 'HTTP/2.0'],
  [1, 'HTTP/0.9'],
  [1, 'http/1.1'],
  [1, 'HTTP/1.10'],
  [1, 'HTTP/1'],
];
const HOSTS: Weighted = [
  [60, 'Host: example.com\r\n'],
  [4, 'Host: [::1]:8080\r\n'],
  [4, 'hOsT:\texample.com:80 \r\n'],
  [3, ''],
  [2, 'Host: a\r\nHost: a\r\n'],
  [2, 'Host: a, b\r\n'],
  [2, 'Host:\r\n'],
  [1, 'Host : a\r\n'],
  [1, ' Host: a\r\n'],
];
const FIELDS: Weighted = [
  [20, 'Accept: */*\r\n'],
  [8, 'Cookie: a=b; c=d\r\n'],
  [8, 'Connection: keep-alive\r\n'],
  [8, 'Connection: close\r\n'],
  [4, 'Connection: Upgrade\r\nUpgrade: websocket\r\n'],
  [2, 'Upgrade: h2c\r\n'],
  [3, 'Connection: close, x-a ,,\tte\r\n'],
  [2, 'Connection: host\r\n'],
  [3, 'Expect: 100-continue\r\n'],
  [1, 'Expect: nothing\r\n'],
  [4, 'X-Empty:\r\n'],
  [4, 'X-Text: \xe4\xf6 "q" \\ \x09x\r\n'],
  [2, 'X_Under: 1\r\n'],
  [2, `${'n'.repeat(300)}: v\r\n`],
  [2, '__proto__: v\r\n'],
  [2, 'X: a\r\n folded\r\n'],
  [2, 'X\r\n'],
  [2, ': x\r\n'],
  [2, 'X:\rTransfer-Encoding: chunked\r\n'],
  [2, 'X: a\nContent-Length: 3\r\n'],
  [2, 'X: a\0b\r\n'],
  [2, 'Transfer-Encoding : chunked\r\n'],
  [2, 'TE: trailers\r\nTrailer: X-T\r\n'],
];
const FRAMINGS: Weighted = [
  [30, ''],
  [15, 'Content-Length: 5\r\n'],
  [20, 'Transfer-Encoding: chunked\r\n'],
  [3, 'Content-Length: 0\r\n'],
  [2, 'transfer-encoding:CHUNKED\r\n'],
  [2, 'Content-Length: 5\r\nContent-Length: 5\r\n'],
  [2, 'Content-Length: 5, 5\r\n'],
  [2, 'Content-Length: +5\r\n'],
  [2, 'Content-Length: 05\r\n'],
  [2, 'Content-Length:\t5 \t\r\n'],
  [2, 'Content-Length: 5\r\nContent-Length: 05\r\n'],
  [2, 'Content-Length: 0x5\r\n'],
  [2, 'Content-Length: 5 5\r\n'],
  [2, 'Content-Length:\r\n'],
  [1, 'Content-Length: 9007199254740992\r\n'],
  [1, 'Content-Length: 18446744073709551621\r\n'],
  [3, 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
  [3, 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'],
  [2, 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'],
  [2, 'Transfer-Encoding: gzip, chunked\r\n'],
  [2, 'Transfer-Encoding: chunked, gzip\r\n'],
  [2, 'Transfer-Encoding: identity\r\n'],
  [2, 'Transfer-Encoding: xchunked\r\n'],
  [2, 'Transfer-Encoding: chunked;a=b\r\n'],
  [2, 'Transfer-Encoding:\x0bchunked\r\n'],
  [2, 'Transfer-Encoding:\r\n chunked\r\n'],
];
const CHUNKS: Weighted = [
  [30, '5\r\nhello\r\n'],
  [10, 'A\r\n0123456789\r\n'],
  [8, '5;a=b\r\nhello\r\n'],
  [5, '5;a;b="c;\\"d"\r\nhello\r\n'],
  [4, '00005\r\nhello\r\n'],
  [2, '5 \r\nhello\r\n'],
  [2, '5 ;a\r\nhello\r\n'],
  [2, '5; a=b\r\nhello\r\n'],
  [2, '5;a =b\r\nhello\r\n'],
  [2, '5;\r\nhello\r\n'],
  [2, '5;a="b\r\nhello\r\n'],
  [2, '5;a\nhello\r\n'],
  [2, '5\nhello\r\n'],
  [2, '5\r\nhello\n'],
  [2, '5\r\nhelloXX'],
  [2, '0x5\r\nhello\r\n'],
  [2, '+5\r\nhello\r\n'],
  [2, '-5\r\nhello\r\n'],
  [1, 'FFFFFFFFFFFFFFFF\r\nhello\r\n'],
  [1, '1FFFFFFFFFFFFF\r\nhello\r\n'],
  [1, '20000000000000\r\nhello\r\n'],
  [1, '10000000000000005\r\nhello\r\n'],
  [1, '\r\n'],
];
const CHUNK_ENDS: Weighted = [
  [40, '0\r\n\r\n'],
  [10, '0\r\nX-Trailer: 1\r\nY: 2\r\n\r\n'],
  [4, '000;a=b\r\n\r\n'],
  [3, '0\r\nContent-Length: 5\r\n\r\n'],
  [3, '0\r\nX: a\r\n b\r\n\r\n'],
  [3, '0\r\nX : a\r\n\r\n'],
  [3, '0\r\n\n'],
  [3, '0\n\n'],
  [3, '0\r\nX\r\n\r\n'],
  [3, '0\r\n\rX'],
  [3, ''],
];
const STATUSES: Weighted = [
  [40, '200 OK'],
  [5, '204 No Content'],
  [5, '304 Not Modified'],
  [4, '100 Continue'],
  [3, '103 Early Hints'],
  [3, '101 Switching Protocols'],
  [4, '404 '],
  [3, '500'],
  [1, '99 Low'],
  [1, '600 High'],
  [1, '1000 Long'],
  [1, '2x0 OK'],
  [1, '200 \x80\xff'],
  [1, '200 O\0K'],
  [1, '200\tOK'],
];
const SPICE: readonly string[] = [
  '\r', '\n', '\r\n', '\r\n\r\n', ' ', '\t', '\0', ':', ';', ',', '"', '\\', '0', '5', 'a', '\x80', '\x7f', '\x0b', '#', '=', '_',
]; // prettier-ignore

/** Requests or responses of one connection, some of them broken. */
export function generateStream(random: Random, side: 'request' | 'response'): string {
  const source: Source = { random, calm: random() < 0.7 };
  const messages = 1 + Math.floor(random() * 2.5);
  let stream = side === 'request' && random() < 0.03 ? '\r\n' : '';
  for (let i = 0; i < messages; i++) stream += side === 'request' ? request(source) : response(source);
  return random() < 0.5 ? stream : mutate(random, stream);
}

/** Ends of pieces for `transcribe`: none, one for every byte, or some. */
export function generateCuts(random: Random, length: number): number[] {
  const style = random();
  if (style < 0.3) return Array.from({ length }, (_, index) => index);
  const cuts = Array.from({ length: 1 + Math.floor(random() * 6) }, () => Math.floor(random() * length));
  return cuts.toSorted((a, b) => a - b);
}

export function pick<T>(random: Random, list: readonly T[]): T {
  const index = Math.min(list.length - 1, Math.floor(random() * list.length));
  return list[index] as T;
}

function request(source: Source): string {
  const { random } = source;
  const gap = random() < 0.98 ? ' ' : pick(random, ['  ', '\t', '']);
  const start = `${weighted(source, METHODS)}${gap}${weighted(source, TARGETS)} ${weighted(source, VERSIONS)}\r\n`;
  return start + weighted(source, HOSTS) + rest(source);
}

function response(source: Source): string {
  return `${weighted(source, VERSIONS)} ${weighted(source, STATUSES)}\r\n${rest(source)}`;
}

function rest(source: Source): string {
  const { random } = source;
  let fields = weighted(source, FRAMINGS);
  const chunked = /chunked/i.test(fields);
  const length = /length: ?0?5/i.test(fields);
  while (random() < 0.5) {
    const field = weighted(source, FIELDS);
    fields = random() < 0.5 ? fields + field : field + fields;
  }
  let body = length ? 'hello' : '';
  if (chunked) {
    body = '';
    while (random() < 0.6) body += weighted(source, CHUNKS);
    body += weighted(source, CHUNK_ENDS);
  }
  return `${fields}\r\n${body}`;
}

function weighted({ random, calm }: Source, list: Weighted): string {
  const power = calm ? 2 : 1;
  let left = random() * list.reduce((sum, [weight]) => sum + weight ** power, 0);
  for (const [weight, text] of list) {
    left -= weight ** power;
    if (left < 0) return text;
  }
  return list[0]?.[1] ?? '';
}

function mutate(random: Random, stream: string): string {
  let text = stream;
  const changes = 1 + Math.floor(random() * 3);
  for (let i = 0; i < changes; i++) {
    const at = Math.floor(random() * text.length);
    const style = random();
    if (style < 0.4) text = text.slice(0, at) + pick(random, SPICE) + text.slice(at);
    else if (style < 0.6) text = text.slice(0, at) + text.slice(at + 1);
    else if (style < 0.8) text = text.slice(0, at) + pick(random, SPICE) + text.slice(at + 1);
    else if (style < 0.9) {
      text = text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1);
    } else text = text.slice(0, at) + text.slice(at, at + 12) + text.slice(at);
  }
  return text;
}
