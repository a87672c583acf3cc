import { UPGRADE, type UpgradeKind } from '../../../../../data-plane/http1/wire/connection.js';
import { BODY } from '../../../../../data-plane/http1/wire/framing.js';
import type { RefusalReason } from '../../../../../data-plane/http1/wire/refusal.js';
import {
  createResponseHead,
  expectResponse,
  parseResponseHead,
  type ResponseHead,
} from '../../../../../data-plane/http1/wire/response-head.js';
import { TEST_LIMITS } from '../../../../support/http1-wire/transcript.js';

function parse(
  text: string,
  method = 'GET',
  upgrade: UpgradeKind = UPGRADE.none,
): { reason: RefusalReason | null; head: ResponseHead } {
  const head = createResponseHead(TEST_LIMITS);
  expectResponse(head, method, upgrade);
  return { reason: parseResponseHead(head, Buffer.from(`..${text}..`, 'latin1'), 2, text), head };
}

const ok = (fields: string): string => `HTTP/1.1 200 OK\r\n${fields}\r\n`;

const ACCEPTED: readonly [rule: string, text: string][] = [
  ['RFC 9112 §4: status line', ok('')],
  ['RFC 9112 §4: empty reason', 'HTTP/1.1 200 \r\n\r\n'],
  ['some servers: no space after the status', 'HTTP/1.1 200\r\n\r\n'],
  ['RFC 9112 §4: obs-text in the reason', 'HTTP/1.1 404 Nicht gef\xfcnden\r\n\r\n'],
  ['RFC 9112 §4: tab and spaces in the reason', 'HTTP/1.1 404 a\t  b \r\n\r\n'],
  ['RFC 9110 §15: an unknown status', 'HTTP/1.1 299 Odd\r\n\r\n'],
  ['RFC 9112 §2.3: HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n'],
  ['RFC 9110 §15.2: interim', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'],
  ['RFC 9110 §8.6: length with 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'],
  ['RFC 9112 §6.1: coding with 304', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['CVE-2026-2229: what is only forwarded is not decoded', ok('Content-Encoding: gzip, gzip, gzip\r\n')],
];

const REFUSED: readonly [rule: string, text: string, reason: RefusalReason][] = [
  ['nothing', '', 'line_end'],
  ['cut off', 'HTTP/1.1 200 OK', 'line_end'],
  ['RFC 9112 §2.2: empty line before', `\r\n${ok('')}`, 'version'],
  ['RFC 9112 §2.3: lower case', 'http/1.1 200 OK\r\n\r\n', 'version'],
  ['Shoutcast', 'ICY 200 OK\r\n\r\n', 'version'],
  ['RFC 9112 §2.3: HTTP/2.0', 'HTTP/2.0 200 OK\r\n\r\n', 'version_unsupported'],
  ['RFC 9112 §2.3: HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n', 'version_unsupported'],
  ['RFC 9112 §4: two spaces', 'HTTP/1.1  200 OK\r\n\r\n', 'status_code'],
  ['RFC 9112 §4: tab', 'HTTP/1.1\t200 OK\r\n\r\n', 'status_line'],
  ['RFC 9112 §4: tab after the status', 'HTTP/1.1 200\tOK\r\n\r\n', 'status_line'],
  ['RFC 9112 §4: no status', 'HTTP/1.1\r\n\r\n', 'status_line'],
  ['RFC 9112 §4: two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'status_code'],
  ['RFC 9112 §4: four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'status_line'],
  ['RFC 9112 §4: letters', 'HTTP/1.1 2xx OK\r\n\r\n', 'status_code'],
  ['RFC 9110 §15: below 100', 'HTTP/1.1 099 Low\r\n\r\n', 'status_code'],
  ['RFC 9110 §15: above 599', 'HTTP/1.1 600 High\r\n\r\n', 'status_code'],
  ['RFC 9112 §4: NUL in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n', 'status_line'],
  ['RFC 9112 §2.2: bare CR in the reason', 'HTTP/1.1 200 O\rK\r\n\r\n', 'line_end'],
  ['RFC 9112 §2.2: bare LF', 'HTTP/1.1 200 OK\n', 'line_end'],
  ['RFC 9112 §2.2: bare LF after a field', ok('X: a\nY: b\r\n'), 'line_end'],
  ['RFC 9112 §5.2: obs-fold', ok('X: a\r\n b\r\n'), 'obs_fold'],
  ['RFC 9112 §5.1: space before the colon', ok('Content-Length : 5\r\n'), 'field_name'],
  ['CVE-2023-0056: crafted name', ok('\x00X: y\r\n'), 'field_name'],
  ['RFC 9110 §5.5: control in a value', ok('X: \x07\r\n'), 'field_value'],
  ['CVE-2026-58044: too many fields', ok('X: y\r\n'.repeat(101)), 'too_many_fields'],
  ['RFC 9112 §6.3: repeated length', ok('Content-Length: 5\r\nContent-Length: 6\r\n'), 'length_repeated'],
  ['RFC 9112 §6.3: list of lengths', ok('Content-Length: 5, 6\r\n'), 'length_repeated'],
  [
    'RFC 9112 §6.3: length and coding',
    ok('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'),
    'length_and_coding',
  ],
  [
    'RFC 9112 §6.3: coding that does not end in chunked',
    ok('Transfer-Encoding: gzip\r\n'),
    'coding_unsupported',
  ],
  [
    'RFC 9112 §6.1: coding in HTTP/1.0',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    'coding_in_http10',
  ],
  [
    'RFC 9110 §15.2: interim in HTTP/1.0',
    'HTTP/1.0 100 Continue\r\nConnection: keep-alive\r\n\r\n',
    'interim_last',
  ],
  [
    'RFC 9110 §15.2: interim that closes',
    'HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n',
    'interim_last',
  ],
  ['RFC 9110 §7.6.1: length nominated', ok('Connection: Content-Length\r\n'), 'connection_nominates'],
  [
    'RFC 9110 §15.2.2: 101 unasked',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    'switch_unasked',
  ],
];

describe('a response head', () => {
  it.each(ACCEPTED)('is accepted: %s', (_rule, text) => {
    expect(parse(text).reason).toBeNull();
  });

  it.each(REFUSED)('is refused: %s', (_rule, text, reason) => {
    expect(parse(text).reason).toBe(reason);
  });

  it.each([
    ['GET', 200, '', BODY.untilClose, false],
    ['GET', 200, 'Content-Length: 5\r\n', BODY.length, true],
    ['GET', 200, 'Content-Length: 0\r\n', BODY.none, true],
    ['GET', 200, 'Transfer-Encoding: chunked\r\n', BODY.chunked, true],
    ['GET', 200, 'Content-Length: 5\r\nConnection: close\r\n', BODY.length, false],
    ['HEAD', 200, 'Content-Length: 5\r\n', BODY.none, true],
    ['HEAD', 200, 'Transfer-Encoding: chunked\r\n', BODY.none, true],
    ['HEAD', 200, '', BODY.none, true],
    ['GET', 204, 'Content-Length: 5\r\n', BODY.none, true],
    ['GET', 204, 'Transfer-Encoding: chunked\r\n', BODY.none, false],
    ['GET', 304, 'Transfer-Encoding: chunked\r\n', BODY.none, true],
    ['GET', 304, 'Content-Length: 5\r\n', BODY.none, true],
    ['GET', 100, '', BODY.none, true],
    ['GET', 205, 'Content-Length: 0\r\n', BODY.none, true],
    ['CONNECT', 200, 'Content-Length: 5\r\n', BODY.none, false],
    ['CONNECT', 404, 'Content-Length: 5\r\n', BODY.length, true],
  ])('is framed by RFC 9112 §6.3: %s, %i, %j', (method, status, fields, body, keepAlive) => {
    const { reason, head } = parse(`HTTP/1.1 ${status} X\r\n${fields}\r\n`, method);
    expect(reason).toBeNull();
    expect(head).toMatchObject({ status, body, keepAlive, interim: status === 100 });
  });

  it.each([
    ['', false],
    ['Connection: keep-alive\r\n', true],
  ])('keeps an HTTP/1.0 connection only where asked: %j', (fields, keepAlive) => {
    const { head } = parse(`HTTP/1.0 200 OK\r\nContent-Length: 1\r\n${fields}\r\n`);
    expect(head).toMatchObject({ minor: 0, keepAlive });
  });

  it('switches only to the protocol that was asked for (CVE-2024-23326)', () => {
    const answer = (protocol: string): string =>
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
    expect(parse(answer('websocket'), 'GET', UPGRADE.websocket).reason).toBeNull();
    expect(parse(answer('h2c'), 'GET', UPGRADE.websocket).reason).toBe('switch_unasked');
    expect(parse('HTTP/1.1 101 X\r\n\r\n', 'GET', UPGRADE.websocket).reason).toBe('switch_unasked');
    const { head } = parse(ok('Connection: Upgrade\r\nUpgrade: websocket\r\n'), 'GET', UPGRADE.websocket);
    expect(head.connection.upgrade).toBe(UPGRADE.none);
  });

  it('tells where the reason begins', () => {
    expect(parse('HTTP/1.1 200 OK\r\n\r\n').head.reasonStart).toBe(13);
    expect(parse('HTTP/1.1 200\r\n\r\n').head.reasonStart).toBe(-1);
  });

  it('is never read past its end, whatever stands there', () => {
    for (const [, text] of [...REFUSED, ...ACCEPTED]) {
      const verdicts = ['', '\r\n\r\n', '\n', '200 OK\r\n'].map((poison) => {
        const head = createResponseHead(TEST_LIMITS);
        return parseResponseHead(head, Buffer.from(text + poison, 'latin1'), 0, text);
      });
      expect(new Set(verdicts).size).toBe(1);
    }
  });
});
