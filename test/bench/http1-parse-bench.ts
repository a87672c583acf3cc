/**
 * What the head parser and the head builder cost, in nanoseconds per head: `node dist/test/bench/http1-parse-bench.js`.
 * Each figure is the best of several rounds, as other work on the machine only ever adds to it.
 */
import { CHUNKED_OUTPUT } from '../../data-plane/http1/wire/chunked.js';
import { beginBody, createBodyReader, readBody } from '../../data-plane/http1/wire/body-reader.js';
import { BODY } from '../../data-plane/http1/wire/framing.js';
import { beginEdits, buildHead, createHeadEdits, editLine } from '../../data-plane/http1/wire/head-edits.js';
import {
  createRequestReader,
  createResponseReader,
  readHead,
  type HeadReader,
} from '../../data-plane/http1/wire/head-reader.js';
import type { HeadLimits } from '../../data-plane/http1/wire/limits.js';
import { createRequestHead } from '../../data-plane/http1/wire/request-head.js';
import { createResponseHead, expectResponse } from '../../data-plane/http1/wire/response-head.js';
import { createSegments } from '../../data-plane/http1/wire/segments.js';
import { FIELD } from '../../data-plane/http1/wire/fields.js';

const LIMITS: HeadLimits = { headBytes: 16_384, headerCount: 100, targetBytes: 8_192 };
const ROUNDS = 7;
const WARM_UP = 100_000;
const PER_ROUND = 200_000;
/** Where the head lies in the buffer: not at its start, as in a real one. */
const OFFSET = 128;

const SMALL = 'GET / HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n';
const BROWSER = [
  'GET /assets/app/main.4f3c2a.js?v=12&lang=en HTTP/1.1',
  'Host: www.example.com',
  'Connection: keep-alive',
  'sec-ch-ua: "Chromium";v="124", "Google Chrome";v="124", "Not-A.Brand";v="99"',
  'sec-ch-ua-mobile: ?0',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36',
  'sec-ch-ua-platform: "Linux"',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-Dest: document',
  'Referer: https://www.example.com/products/list?page=2',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-US,en;q=0.9,de;q=0.8',
  'Cookie: session_id=v1.k1.abcdefghijklmnopqrstuvwxyz0123456789; _ga=GA1.2.1234567890.1234567890; theme=dark',
  '\r\n',
].join('\r\n');
const RESPONSE = [
  'HTTP/1.1 200 OK',
  'Date: Sun, 22 Nov 2026 12:00:00 GMT',
  'Content-Type: application/json; charset=utf-8',
  'Content-Length: 1024',
  'Cache-Control: private, max-age=0',
  'ETag: W/"400-abcdefghijklmnopqrstuvwxyz"',
  'Vary: Accept-Encoding',
  'Connection: keep-alive',
  'Keep-Alive: timeout=5',
  '\r\n',
].join('\r\n');

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.prototype.latin1Slice.call(bytes, from, to);
}

function measure(name: string, bytes: number, work: () => unknown): void {
  for (let i = 0; i < WARM_UP; i++) work();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < PER_ROUND; i++) work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / PER_ROUND);
  }
  process.stdout.write(
    `${name.padEnd(40)} ${String(bytes).padStart(6)} B ${best.toFixed(0).padStart(7)} ns\n`,
  );
}

function placed(text: string): Buffer {
  const buffer = Buffer.alloc(65_536);
  buffer.write(text, OFFSET, 'latin1');
  return buffer;
}

function reading<H extends { readonly limits: HeadLimits }>(
  reader: HeadReader<H>,
  text: string,
): () => number {
  const buffer = placed(text);
  return () => {
    const end = readHead(reader, buffer, OFFSET, OFFSET + text.length);
    if (end !== OFFSET + text.length) throw new Error(`refused: ${reader.refusal}`);
    return end;
  };
}

function heads(): void {
  const requests = createRequestReader(createRequestHead(LIMITS), latin1);
  const responses = createResponseReader(createResponseHead(LIMITS), latin1);
  expectResponse(responses.head, 'GET', 0);
  const smallRead = reading(requests, SMALL);
  const browserRead = reading(requests, BROWSER);
  const responseRead = reading(responses, RESPONSE);
  measure('read request head, small', SMALL.length, smallRead);
  measure('read request head, browser', BROWSER.length, browserRead);
  measure('read response head', RESPONSE.length, responseRead);

  const edits = createHeadEdits(LIMITS.headerCount);
  const out = Buffer.alloc(65_536);
  const forward = (read: () => number, reader: typeof requests): (() => number) => {
    return () => {
      read();
      const { head } = reader;
      beginEdits(edits);
      for (let line = 0; line < head.fields.count; line++) {
        const kind = head.fields.kinds[line];
        if (kind === FIELD.connection) editLine(edits, line, '');
        if (kind === FIELD.cookie) editLine(edits, line, 'Cookie: _ga=GA1.2.1234567890.1234567890\r\n');
      }
      edits.appended =
        'X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: www.example.com\r\n';
      return out.write(buildHead(head, edits, 0), 0, 'latin1');
    };
  };
  measure('read, edit, build, write: small', SMALL.length, forward(smallRead, requests));
  measure('read, edit, build, write: browser', BROWSER.length, forward(browserRead, requests));
  measure('read, edit, build, write: response', RESPONSE.length, () => {
    responseRead();
    const { head } = responses;
    beginEdits(edits);
    for (let line = 0; line < head.fields.count; line++) {
      const kind = head.fields.kinds[line];
      if (kind === FIELD.connection || kind === FIELD.keepAlive) editLine(edits, line, '');
    }
    return out.write(buildHead(head, edits, 0), 0, 'latin1');
  });
}

function bodies(): void {
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  const body = Buffer.from(`${chunk.repeat(3)}0\r\n\r\n`, 'latin1');
  const reader = createBodyReader(LIMITS, createSegments());
  const framing = { body: BODY.chunked, contentLength: -1 };
  measure('chunked body, 3 chunks of 16 KiB', body.length, () => {
    beginBody(reader, framing, CHUNKED_OUTPUT.chunks);
    readBody(reader, body, 0, body.length);
    if (!reader.done) throw new Error(`refused: ${reader.refusal}`);
  });
}

heads();
bodies();
