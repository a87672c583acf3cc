import { TextPatterns } from '../../../../control-plane/config/text-pattern.js';
import { BODY_LIMIT_BYTES, CheckResponse } from '../../../../control-plane/health-checks/check-response.js';
import { unmetBy } from '../../../../control-plane/health-checks/unmet.js';
import { healthCheck } from '../../../support/domain.js';

const STATUS = [
  { from: 200, to: 299 },
  { from: 304, to: 304 },
];

/** What an answer lacks of the status codes above and the body given. */
function unmet(answer: string, body?: string): string | null {
  const response = new CheckResponse({ isBodiless: false, isKept: body !== undefined });
  response.take(Buffer.from(`HTTP/1.1 ${answer}`));
  const { expect: expected } = healthCheck({
    expect: { status: STATUS, ...(body === undefined ? {} : { body }) },
  });
  return unmetBy(expected, response, new TextPatterns());
}

const plain = (text: string): string => `200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;

describe('an answer to a check', () => {
  it.each([
    ['meets all', plain('x'), undefined, null],
    ['has no body to look at', '304 X\r\n\r\n', undefined, null],
    ['has another status', '503 X\r\n\r\n', undefined, 'status 503, expected 2xx, 304'],
    [
      'has another status, of which more is not asked',
      '404 X\r\n\r\n',
      'ok',
      'status 404, expected 2xx, 304',
    ],
    ['contains the text', plain('all ok'), 'ok', null],
    ['lacks the text', plain('down'), 'ok', 'body lacks "ok"'],
    ['lacks a text with quotes', plain('{}'), '"up"\n', 'body lacks "\\"up\\"\\n"'],
    ['has what the pattern says', plain('{"status": "up"}'), '/"status":\\s*"up"/', null],
    ['lacks what the pattern says', plain('down'), '/up|ok/i', 'body lacks /up|ok/i'],
    ['is read as UTF-8', plain('läuft'), 'läuft', null],
    ['is no UTF-8 at all', '200 OK\r\nContent-Length: 1\r\n\r\nü'.slice(0, -1), 'x', 'body lacks "x"'],
    ['has no body', '204 X\r\n\r\n', 'ok', 'body lacks "ok"'],
    [
      'does not have it where it is looked at',
      `200 OK\r\n\r\n${'x'.repeat(BODY_LIMIT_BYTES)}`,
      'ok',
      'body lacks "ok" in its first 64 KiB',
    ],
    [
      'is searched for what an older release could find',
      plain('x'),
      '/(x)\\1/',
      'body cannot be searched for /(x)\\1/: this release does not know such patterns',
    ],
  ])('%s', (_name, answer, body, expected) => {
    expect(unmet(answer, body)).toBe(expected);
  });
});
