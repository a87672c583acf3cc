import {
  EMPTY_LINES,
  NEED_MORE,
  REFUSED,
  createRequestReader,
  createResponseReader,
  hasHeadBegun,
  readHead,
  type HeadReader,
} from '../../../../../data-plane/http1/wire/head-reader.js';
import type { HeadLimits } from '../../../../../data-plane/http1/wire/limits.js';
import { createRequestHead, type RequestHead } from '../../../../../data-plane/http1/wire/request-head.js';
import { createResponseHead } from '../../../../../data-plane/http1/wire/response-head.js';
import { latin1 } from '../../../../support/http1-wire/transcript.js';

const LIMITS: HeadLimits = { headBytes: 64, headerCount: 10, targetBytes: 20 };
const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

const reader = (limits = LIMITS): HeadReader<RequestHead> =>
  createRequestReader(createRequestHead(limits), latin1);

function feed<H extends { readonly limits: HeadLimits }>(to: HeadReader<H>, text: string): number {
  return readHead(to, Buffer.from(text, 'latin1'), 0, text.length);
}

describe('a reader of heads', () => {
  it('leaves what follows the head alone', () => {
    expect(feed(reader(), `${HEAD}GET /2`)).toBe(HEAD.length);
  });

  it('joins pieces', () => {
    const pieces = reader();
    expect(feed(pieces, HEAD.slice(0, 5))).toBe(NEED_MORE);
    expect(feed(pieces, '')).toBe(NEED_MORE);
    expect(feed(pieces, HEAD.slice(5, 20))).toBe(NEED_MORE);
    expect(feed(pieces, `${HEAD.slice(20)}rest`)).toBe(HEAD.length - 20);
    expect(pieces.head.text).toBe(HEAD);
    expect(feed(pieces, HEAD)).toBe(HEAD.length);
  });

  it('needs more of nothing', () => {
    expect(feed(reader(), '')).toBe(NEED_MORE);
  });

  it('keeps long heads in a buffer that grows', () => {
    const pieces = reader({ headBytes: 5_000, headerCount: 10, targetBytes: 5_000 });
    const long = `GET /${'x'.repeat(3_000)} HTTP/1.1\r\nHost: a\r\n\r\n`;
    for (let i = 0; i < long.length - 1; i += 100) {
      expect(feed(pieces, long.slice(i, Math.min(i + 100, long.length - 1)))).toBe(NEED_MORE);
    }
    expect(feed(pieces, '\n')).toBe(1);
    expect(pieces.head.text).toBe(long);
  });

  it('takes a head of exactly the limit, and none that is longer', () => {
    const exact = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(64 - 33)}\r\n\r\n`;
    expect(exact).toHaveLength(63);
    expect(feed(reader(), exact.replace('X', 'XX'))).toBe(64);
    const longer = reader();
    expect(feed(longer, exact.replace('X', 'XXX'))).toBe(REFUSED);
    expect(longer.refusal).toBe('head_too_large');
    expect(feed(longer, HEAD)).toBe(REFUSED);
  });

  it('blames the target where not even the request line fits', () => {
    const long = reader();
    expect(feed(long, `GET /${'x'.repeat(40)}`)).toBe(NEED_MORE);
    expect(feed(long, 'x'.repeat(40))).toBe(REFUSED);
    expect(long.refusal).toBe('target_too_long');
  });

  it.each([
    ['\x16\x03\x01', 'method'],
    [' GET', 'method'],
    ['\n', 'method'],
    ['GET / HTTP/1.1\n', 'line_end'],
    ['GET / HTTP/1.1\r\nHost: a\n', 'line_end'],
    ['GET / HTTP/1.1\r\n Host: a\n', 'obs_fold'],
  ])('refuses at once what cannot become a request: %j', (text, reason) => {
    const early = reader();
    expect(feed(early, text)).toBe(REFUSED);
    expect(early.refusal).toBe(reason);
  });

  it('refuses at once what cannot become a response', () => {
    const early = createResponseReader(createResponseHead(LIMITS), latin1);
    expect(feed(early, '\r\n')).toBe(REFUSED);
    expect(early.refusal).toBe('version');
    const long = createResponseReader(createResponseHead(LIMITS), latin1);
    expect(feed(long, `HTTP/1.1 200 ${'x'.repeat(99)}`)).toBe(REFUSED);
    expect(long.refusal).toBe('head_too_large');
  });

  it('refuses a head that is whole but not valid, however it came', () => {
    const cut = reader();
    expect(feed(cut, 'GET / HTTP/1.1\r\nHost: a\r\nHo')).toBe(NEED_MORE);
    expect(feed(cut, 'st: b\r\n\r\n')).toBe(REFUSED);
    expect(cut.refusal).not.toBeNull();
    expect(feed(cut, HEAD)).toBe(REFUSED);
  });

  it('tells an empty line between requests from the beginning of one', () => {
    const between = reader();
    expect(hasHeadBegun(between)).toBe(false);
    feed(between, '\r');
    expect(hasHeadBegun(between)).toBe(false);
    feed(between, '\n');
    expect(hasHeadBegun(between)).toBe(false);
    feed(between, 'G');
    expect(hasHeadBegun(between)).toBe(true);
    const begun = reader();
    feed(begun, 'G');
    expect(hasHeadBegun(begun)).toBe(true);
  });

  it.each([[[]], [[1]], [[2]], [[3]], [[1, 2, 3, 4, 5]]])(
    'skips empty lines before a head, cut at %j',
    (cuts) => {
      const some = reader();
      const stream = `${'\r\n'.repeat(EMPTY_LINES)}${HEAD}`;
      let from = 0;
      for (const cut of cuts) {
        expect(feed(some, stream.slice(from, cut))).toBe(NEED_MORE);
        from = cut;
      }
      expect(feed(some, stream.slice(from))).toBe(stream.length - from);
      expect(some.head.text).toBe(HEAD);
      // As many again before the next one.
      expect(feed(some, stream)).toBe(stream.length);
    },
  );

  it('refuses more of them, in one piece and one by one', () => {
    const whole = reader();
    expect(feed(whole, `${'\r\n'.repeat(EMPTY_LINES + 1)}${HEAD}`)).toBe(REFUSED);
    expect(whole.refusal).toBe('empty_lines');
    const cut = reader();
    for (let i = 0; i < EMPTY_LINES; i++) {
      expect(feed(cut, '\r')).toBe(NEED_MORE);
      expect(feed(cut, '\n')).toBe(NEED_MORE);
    }
    expect(feed(cut, '\r')).toBe(NEED_MORE);
    expect(feed(cut, '\n')).toBe(REFUSED);
    expect(cut.refusal).toBe('empty_lines');
  });

  it('refuses a CR that no LF follows, however it comes', () => {
    for (const pieces of [['\rG'], ['\r', 'G'], ['\r\r\n'], ['\r\n\r', '\rG']]) {
      const some = reader();
      const last = pieces.map((piece) => feed(some, piece)).at(-1);
      expect([last, some.refusal]).toEqual([REFUSED, 'method']);
    }
  });
});
