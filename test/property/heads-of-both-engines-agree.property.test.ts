/** Law: the rules on header fields that the native engine has on positions, and those that compat has on lists, let the same through. */
import fc from 'fast-check';
import { downstreamHead } from '../../data-plane/http1/downstream-head.js';
import { upstreamHead } from '../../data-plane/http1/upstream-head.js';
import { createHeadEdits } from '../../data-plane/http1/wire/head-edits.js';
import { createRequestHead, parseRequestHead } from '../../data-plane/http1/wire/request-head.js';
import { createResponseHead, parseResponseHead } from '../../data-plane/http1/wire/response-head.js';
import { HOP_BY_HOP, requestFields, responseFields } from '../../data-plane/routing/headers.js';
import { TEST_LIMITS } from '../support/http1-wire/transcript.js';

/** Framing, Expect and Upgrade are the engine's; the rest is `routing/headers`'. */
const OF_THE_ENGINE = ['transfer-encoding', 'expect', 'upgrade'];
const NAMES = [
  ...[...HOP_BY_HOP].filter((name) => !OF_THE_ENGINE.includes(name)),
  'X-Forwarded-For',
  'x_forwarded-for',
  'X-Forwarded-Port',
  'Content_Length',
  'X-Real-IP',
  'X-Real_IP',
  'Forwarded',
  'X-Foo',
  'x-bar',
  'Date',
  'Trailer',
  'Set-Cookie',
  'Cache-Control',
  'Accept',
  'TE',
];
const name = fc.constantFrom(...NAMES);
const value = fc.constantFrom(
  '',
  'close',
  'X-Foo',
  'x-foo, X-BAR, date',
  'keep-alive, Cookie',
  'private',
  '1, 2',
);
const fields = fc
  .tuple(fc.array(fc.tuple(name, value), { maxLength: 12 }), fc.constantFrom('5', '005', null))
  .map(([pairs, length]) => (length === null ? pairs : [...pairs, ['content-length', length] as const]));
const CLIENT = {
  address: '198.51.100.7',
  secure: false,
  forwardedFor: '198.51.100.7',
  forwardedProto: 'http',
  forwardedHost: 'a.test',
} as const;
const FORWARDED = 'X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a.test\r\n';

type Pairs = readonly (readonly [string, string])[];

function textOf(start: string, pairs: Pairs): string {
  return `${start}\r\n${pairs.map(([key, text]) => `${key}: ${text}\r\n`).join('')}\r\n`;
}
/** The lines after the first, blanks behind the colon aside. */
function linesOf(head: string): string[] {
  return head
    .split('\r\n')
    .slice(1)
    .filter((line) => line !== '');
}
function linesOfFields(flat: readonly string[]): string[] {
  return flat.flatMap((text, i) => (i % 2 === 0 ? [`${text}: ${flat[i + 1] ?? ''}`] : []));
}

describe('the heads of both engines', () => {
  it('have the same fields towards a backend', () => {
    fc.assert(
      fc.property(fields, fc.boolean(), (pairs, trustedPeer) => {
        const all: Pairs = [['Host', 'a.test'], ...pairs];
        const head = createRequestHead(TEST_LIMITS);
        const text = textOf('POST / HTTP/1.1', all);
        fc.pre(parseRequestHead(head, Buffer.from(text, 'latin1'), 0, text) === null);
        const native = upstreamHead(head, createHeadEdits(100), {
          forwarded: FORWARDED,
          trustedPeer,
          cookieNames: [],
          upgrade: null,
          requestId: null,
        });
        const client = { ...CLIENT, trustedPeer };
        const compat = requestFields(all.flat(), { client, cookieNames: [], host: null, own: [] });
        expect(linesOf(native)).toEqual(linesOfFields(compat));
      }),
      {
        examples: [
          [
            [
              ['Connection', 'x-foo, X-BAR, date'],
              ['Date', ''],
            ],
            false,
          ],
        ],
      },
    );
  });

  it('have the same fields towards a client', () => {
    fc.assert(
      fc.property(fields, fc.constantFrom(null, 'sid=1'), (pairs, setCookie) => {
        const head = createResponseHead(TEST_LIMITS);
        const text = textOf('HTTP/1.1 200 OK', pairs);
        fc.pre(parseResponseHead(head, Buffer.from(text, 'latin1'), 0, text) === null);
        const native = downstreamHead(head, createHeadEdits(100), {
          setCookie,
          date: null,
          connection: null,
          framing: 'as-sent',
        });
        const compat = responseFields(pairs.flat(), { setCookie, own: [] });
        expect(linesOf(native)).toEqual(linesOfFields(compat));
      }),
    );
  });
});
