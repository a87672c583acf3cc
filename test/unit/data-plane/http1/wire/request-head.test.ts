import { BODY } from '../../../../../data-plane/http1/wire/framing.js';
import type { RefusalReason } from '../../../../../data-plane/http1/wire/refusal.js';
import {
  createRequestHead,
  forwardedTarget,
  parseRequestHead,
  type RequestHead,
} from '../../../../../data-plane/http1/wire/request-head.js';
import { TARGET_FORM } from '../../../../../data-plane/http1/wire/target.js';
import { TEST_LIMITS } from '../../../../support/http1-wire/transcript.js';

function parse(text: string): { reason: RefusalReason | null; head: RequestHead } {
  const head = createRequestHead(TEST_LIMITS);
  const reason = parseRequestHead(head, Buffer.from(`..${text}..`, 'latin1'), 2, text);
  return { reason, head };
}

const HOST = 'Host: a.example\r\n';
const get = (target: string): string => `GET ${target} HTTP/1.1\r\n${HOST}\r\n`;
const version = (text: string): string => `GET / ${text}\r\n${HOST}\r\n`;
const fields = (text: string): string => `POST / HTTP/1.1\r\n${HOST}${text}\r\n`;
const host = (value: string): string => `GET / HTTP/1.1\r\nHost: ${value}\r\n\r\n`;

const ACCEPTED: readonly [rule: string, text: string][] = [
  ['RFC 9112 §3: method SP target SP version', get('/')],
  ['RFC 9112 §3.2.1: origin form with query', get('/a/b;c=d?e=f&g=%20h')],
  ['RFC 9112 §3.2.1: two slashes in front', get('//a.example/b')],
  ['RFC 9112 §3.2.2: absolute form', get('http://b.example:8080/x?y')],
  ['RFC 9112 §3.2.2: absolute form, https, upper case', get('HTTPS://B.example/x')],
  ['RFC 9112 §3.2.2: absolute form without path', get('http://b.example')],
  ['RFC 9112 §3.2.2: absolute form with query alone', get('http://b.example?x')],
  ['RFC 9112 §3.2.4: asterisk form', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`],
  ['RFC 3986 §3.3: all of pchar', get("/-._~!$&'()*+,;=:@%41az09")],
  ['clients: all of visible ASCII in a path', get('/"<>[\\]^`{|}')],
  ['clients: all of visible ASCII in a query', get('/?"<>[\\]^`{|}?')],
  ['clients: a percent sign without digits', get('/100%?q=100%')],
  ['npm, GitLab: encoded slash', get('/@scope%2Fname')],
  ['routing judges dot segments: CVE-2021-29492', get('/a/../b/%2e%2E/c')],
  ['RFC 9112 §3.2: an empty Host', host('')],
  ['RFC 9112 §2.3: HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n'],
  ['RFC 9110 §9: PATCH', `PATCH / HTTP/1.1\r\n${HOST}\r\n`],
  ['IANA: M-SEARCH', `M-SEARCH / HTTP/1.1\r\n${HOST}\r\n`],
  ['RFC 9110 §7.2: Host with port', host('a.example:8080')],
  ['RFC 3986 §3.2.3: an empty port', host('a.example:')],
  ['RFC 9110 §7.2: IPv4', host('192.0.2.1')],
  ['RFC 9110 §7.2: IPv6', host('[2001:db8::1]:80')],
  ['docker: underscore in a host', host('my_service')],
  ['RFC 9110 §5.1: names are case-insensitive', 'GET / HTTP/1.1\r\nhOST: a\r\n\r\n'],
  ['RFC 9112 §5: white space around a value', 'GET / HTTP/1.1\r\nHost: \t a \t\r\n\r\n'],
  ['RFC 9110 §5.5: empty value', fields('X:\r\n')],
  ['RFC 9110 §5.5: obs-text', fields('X: \x80\xff\r\n')],
  ['RFC 9110 §5.5: tab within a value', fields('X: a\tb\r\n')],
  ['RFC 9110 §5.6.2: all of tchar', fields("!#$%&'*+-.^_`|~09azAZ: x\r\n")],
  ['RFC 9110 §8.6: Content-Length', fields('Content-Length: 5\r\n')],
  ['RFC 9110 §8.6: Content-Length 0', fields('Content-Length: 0\r\n')],
  ['RFC 9110 §8.6: 2^53 - 1', fields('Content-Length: 9007199254740991\r\n')],
  ['RFC 9112 §6.1: chunked', fields('Transfer-Encoding: chunked\r\n')],
  ['RFC 9112 §7: codings are case-insensitive', fields('Transfer-Encoding: Chunked\r\n')],
  ['RFC 9110 §7.6.1: empty elements', fields('Connection: , close ,,\tx \r\n')],
  ['RFC 9110 §7.6.1: empty value', fields('Connection:\r\n')],
  ['RFC 9110 §7.8: list of protocols', fields('Connection: upgrade\r\nUpgrade: a/1.0 , b\r\n')],
  ['RFC 9110 §10.1.1: 100-continue', fields('Content-Length: 1\r\nExpect: 100-Continue\r\n')],
  ['RFC 9110 §10.1.1: ignored in HTTP/1.0', 'GET / HTTP/1.0\r\nExpect: x\r\n\r\n'],
  ['CVE-2026-21710: __proto__', fields('__proto__: x\r\n')],
];

const REFUSED: readonly [rule: string, text: string, reason: RefusalReason][] = [
  ['nothing at all', '', 'line_end'],
  ['cut off', 'GET / HTTP/1.1\r\nHost: a', 'line_end'],
  ['an empty line alone', '\r\n', 'method'],
  ['an empty line before, which the reader skips', `\r\n${get('/')}`, 'method'],
  ['RFC 9112 §3: space before the method', ` ${get('/')}`, 'method'],
  ['RFC 9112 §3: two spaces after the method', get(' /'), 'target'],
  ['RFC 9112 §3: tab after the method', `GET\t/ HTTP/1.1\r\n${HOST}\r\n`, 'method'],
  ['RFC 9112 §3: two spaces after the target', get('/ '), 'version'],
  ['RFC 9112 §3: tab after the target', `GET /\tHTTP/1.1\r\n${HOST}\r\n`, 'target'],
  ['RFC 9112 §3: space after the version', version('HTTP/1.1 '), 'version'],
  ['RFC 9112 §3: no target', `GET HTTP/1.1\r\n${HOST}\r\n`, 'target_form'],
  ['RFC 1945 §4.1: HTTP/0.9', 'GET /\r\n', 'target'],
  ['RFC 9112 §3.1: method is no token', `G(T / HTTP/1.1\r\n${HOST}\r\n`, 'method'],
  ['RFC 9112 §3.1: no method', ` / HTTP/1.1\r\n${HOST}\r\n`, 'method'],
  ['RFC 9110 §9.1: a long method', `${'A'.repeat(65)} / HTTP/1.1\r\n${HOST}\r\n`, 'method_unsupported'],
  ['RFC 9110 §9.3.2: nearly HEAD', `Head / HTTP/1.1\r\n${HOST}\r\n`, 'method_unsupported'],
  ['RFC 9113 §3.4: preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\n', 'method_unsupported'],
  ['RFC 9110 §9.3.6: CONNECT', `CONNECT a:443 HTTP/1.1\r\n${HOST}\r\n`, 'connect'],
  ['TLS on a plain port', '\x16\x03\x01\r\n', 'method'],
  ['RFC 9112 §3.2: a name is no target', get('a'), 'target_form'],
  ['RFC 9112 §3.2.3: authority form', get('a.example:443'), 'target_form'],
  ['RFC 9112 §3.2.4: asterisk with GET', get('*'), 'target_form'],
  ['RFC 9112 §3.2.4: asterisk with more', `OPTIONS *a HTTP/1.1\r\n${HOST}\r\n`, 'target_form'],
  ['RFC 9112 §3.2.2: another scheme', get('ftp://a.example/'), 'target_form'],
  ['RFC 9112 §3.2.2: half a scheme', get('http:/a.example/'), 'target_form'],
  ['RFC 9110 §4.2.4: user in an absolute target', get('http://u@a.example/'), 'host_invalid'],
  ['RFC 9110 §4.2.1: absolute target without host', get('http:///x'), 'host_invalid'],
  ['RFC 9112 §3.2: absolute target with bad port', get('http://a:x/'), 'host_invalid'],
  ['CVE-2023-45539: # in a target', get('/public#/../admin'), 'target'],
  ['CVE-2023-45539: # in a query', get('/?a#b'), 'target'],
  ['RFC 9112 §3.2: space in a target', get('/a b'), 'version'],
  ['RFC 9112 §3.2: control in a target', get('/a\x01'), 'target'],
  ['RFC 9112 §3.2: DEL in a query', get('/?\x7f'), 'target'],
  ['RFC 9112 §3.2: NUL in a target', get('/a\0'), 'target'],
  ['RFC 9112 §3.2: non-ASCII in a target', get('/\xe4'), 'target'],
  ['RFC 9112 §3.2: non-ASCII in a query', get('/?\xe4'), 'target'],
  ['RFC 9110 §15.5.15: target too long', get(`/${'a'.repeat(8_192)}`), 'target_too_long'],
  ['RFC 9112 §2.3: HTTP/2.0', version('HTTP/2.0'), 'version_unsupported'],
  ['RFC 9112 §2.3: HTTP/1.2', version('HTTP/1.2'), 'version_unsupported'],
  ['RFC 9112 §2.3: HTTP/0.9', version('HTTP/0.9'), 'version_unsupported'],
  ['RFC 9112 §2.3: lower case', version('http/1.1'), 'version'],
  ['RFC 9112 §2.3: HTTPS', version('HTTPS/1.1'), 'version'],
  ['RFC 9112 §2.3: two digits', version('HTTP/1.10'), 'version'],
  ['RFC 9112 §2.3: no minor', version('HTTP/1'), 'version'],
  ['RFC 9112 §2.3: no dot', version('HTTP/11'), 'version'],
  ['RFC 9112 §2.3: letters', version('HTTP/x.1'), 'version'],
  ['RFC 9112 §2.3: letter for minor', version('HTTP/1.x'), 'version'],
  ['RFC 9112 §2.3: HTPP', version('HTPP/1.1'), 'version'],
  ['RFC 9112 §2.3: HT', version('HT'), 'version'],
  ['RFC 9112 §2.3: nothing', version(''), 'version'],
  ['RFC 9112 §2.3: backslash', version('HTTP\\1.1'), 'version'],
  ['RFC 9112 §2.2: bare LF after the request line', `GET / HTTP/1.1\n${HOST}\r\n`, 'line_end'],
  ['RFC 9112 §2.2: bare CR after the request line', `GET / HTTP/1.1\r${HOST}\r\n`, 'line_end'],
  ['RFC 9112 §2.2: bare LF after a field', fields('X: a\nY: b\r\n'), 'line_end'],
  ['CVE-2022-32214: bare CR in a field', fields('X: a\rContent-Length: 5\r\n'), 'line_end'],
  ['CVE-2023-30589: empty field, then CR', fields('X:\rTransfer-Encoding: chunked\r\n'), 'line_end'],
  ['CVE-2025-23167: block ended by CRLF CR X', `GET / HTTP/1.1\r\n${HOST}\rX\r\n\r\n`, 'line_end'],
  ['RFC 9112 §2.2: bare LF for the empty line', `GET / HTTP/1.1\r\n${HOST}\n`, 'line_end'],
  ['CVE-2022-32213: LF within a name', fields('X\nY: b\r\n'), 'line_end'],
  ['CVE-2022-35256: line without colon', fields('Transfer-Encoding\r\n'), 'field_name'],
  ['RFC 9112 §2.2: white space before the first field', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 'obs_fold'],
  ['RFC 9112 §5.2: obs-fold', fields('X: a\r\n b\r\n'), 'obs_fold'],
  ['RFC 9112 §5.2: obs-fold with tab', fields('X: a\r\n\tb\r\n'), 'obs_fold'],
  ['CVE-2022-32215: folded coding', fields('Transfer-Encoding: chunked\r\n , x\r\n'), 'obs_fold'],
  ['CVE-2024-27982: space before the name', fields(' Content-Length: 5\r\n'), 'obs_fold'],
  ['CVE-2021-22959: space before the colon', fields('Content-Length : 5\r\n'), 'field_name'],
  ['CVE-2019-16276: tab before the colon', fields('X\t: 5\r\n'), 'field_name'],
  ['CVE-2023-25725: empty name', fields(': x\r\n'), 'field_name'],
  ['RFC 9110 §5.1: control in a name', fields('X\x01: 5\r\n'), 'field_name'],
  ['RFC 9110 §5.1: NUL in a name', fields('X\0: 5\r\n'), 'field_name'],
  ['RFC 9110 §5.1: non-ASCII in a name', fields('\xe4: 5\r\n'), 'field_name'],
  ['RFC 9110 §5.1: parenthesis in a name', fields('X(: 5\r\n'), 'field_name'],
  [
    'CVE-2021-40346: name of 256 bytes',
    fields(`Content-Length0${'a'.repeat(241)}: 5\r\n`),
    'field_name_too_long',
  ],
  ['RFC 9110 §5.5: NUL in a value', fields('X: a\0b\r\n'), 'field_value'],
  ['RFC 9110 §5.5: vertical tab in a value', fields('X: a\x0bb\r\n'), 'field_value'],
  ['RFC 9110 §5.5: DEL in a value', fields('X: \x7f\r\n'), 'field_value'],
  ['CVE-2026-58044: more fields than allowed', fields('X: y\r\n'.repeat(100)), 'too_many_fields'],
  ['RFC 9112 §3.2: no Host', 'GET / HTTP/1.1\r\nX: y\r\n\r\n', 'host_missing'],
  ['RFC 9112 §3.2: no Host beside an absolute target', 'GET http://a/ HTTP/1.1\r\n\r\n', 'host_missing'],
  ['RFC 9112 §3.2: two Hosts', fields('Host: b\r\n'), 'host_repeated'],
  ['RFC 9112 §3.2: the same Host twice', fields(HOST), 'host_repeated'],
  ['RFC 9112 §3.2: two Hosts in HTTP/1.0', `GET / HTTP/1.0\r\n${HOST}${HOST}\r\n`, 'host_repeated'],
  ['RFC 9110 §7.2: list of hosts', host('a.example, b.example'), 'host_invalid'],
  ['RFC 9110 §7.2: user', host('u@a.example'), 'host_invalid'],
  ['RFC 9110 §7.2: path', host('a.example/x'), 'host_invalid'],
  ['RFC 9110 §7.2: space', host('a.example b'), 'host_invalid'],
  ['RFC 9110 §7.2: port with letters', host('a.example:80a'), 'host_invalid'],
  ['RFC 9110 §7.2: port too large', host('a.example:65536'), 'host_invalid'],
  ['RFC 9110 §7.2: port too long', host('a.example:000080'), 'host_invalid'],
  ['RFC 9110 §7.2: port alone', host(':80'), 'host_invalid'],
  ['RFC 9110 §7.2: IPv6 without brackets', host('2001:db8::1'), 'host_invalid'],
  ['RFC 9110 §7.2: non-ASCII', host('\xe4.example'), 'host_invalid'],
  [
    'RFC 9112 §3.2.2: bad Host beside an absolute target',
    'GET http://a/ HTTP/1.1\r\nHost: b@\r\n\r\n',
    'host_invalid',
  ],
  ['CVE-2023-40225: empty Content-Length', fields('Content-Length:\r\n'), 'length_invalid'],
  [
    'CVE-2023-40225: empty before a real one',
    fields('Content-Length:\r\nContent-Length: 5\r\n'),
    'length_repeated',
  ],
  ['RFC 9110 §8.6: plus', fields('Content-Length: +5\r\n'), 'length_invalid'],
  ['RFC 9110 §8.6: minus', fields('Content-Length: -5\r\n'), 'length_invalid'],
  ['RFC 9110 §8.6: hexadecimal', fields('Content-Length: 0x5\r\n'), 'length_invalid'],
  ['RFC 9110 §8.6: fraction', fields('Content-Length: 5.0\r\n'), 'length_invalid'],
  ['RFC 9110 §8.6: space within', fields('Content-Length: 5 0\r\n'), 'length_invalid'],
  ['RFC 9110 §8.6: list', fields('Content-Length: 5, 5\r\n'), 'length_invalid'],
  ['RFC 9110 §8.6: 2^53', fields('Content-Length: 9007199254740992\r\n'), 'length_invalid'],
  ['RFC 9110 §8.6: 2^64 + 5', fields('Content-Length: 18446744073709551621\r\n'), 'length_invalid'],
  ['RFC 9110 §8.6: repeated', fields('Content-Length: 5\r\nContent-Length: 5\r\n'), 'length_repeated'],
  [
    'CVE-2026-1525: repeated in another case',
    fields('Content-Length: 5\r\ncontent-length: 6\r\n'),
    'length_repeated',
  ],
  [
    'RFC 9112 §6.1: length, then coding',
    fields('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'),
    'length_and_coding',
  ],
  [
    'RFC 9112 §6.1: coding, then length',
    fields('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'),
    'length_and_coding',
  ],
  [
    'CVE-2026-2835: coding in HTTP/1.0',
    'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n',
    'coding_in_http10',
  ],
  [
    'CVE-2020-8287: two codings',
    fields('Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n'),
    'coding_repeated',
  ],
  ['RFC 9112 §6.1: chunked twice', fields('Transfer-Encoding: chunked, chunked\r\n'), 'coding_repeated'],
  ['CVE-2022-32213: malformed coding', fields('Transfer-Encoding: chunkedchunked\r\n'), 'coding_unsupported'],
  ['CVE-2022-32213: coding with parameter', fields('Transfer-Encoding: chunked;a=b\r\n'), 'coding_invalid'],
  ['CVE-2022-32213: coding in quotes', fields('Transfer-Encoding: "chunked"\r\n'), 'coding_invalid'],
  ['RFC 9112 §6.1: empty coding', fields('Transfer-Encoding:\r\n'), 'coding_invalid'],
  ['RFC 9112 §6.1: empty element', fields('Transfer-Encoding: ,chunked\r\n'), 'coding_invalid'],
  ['RFC 9112 §6.1: comma at the end', fields('Transfer-Encoding: chunked,\r\n'), 'coding_invalid'],
  ['RFC 9112 §6.3: chunked is not last', fields('Transfer-Encoding: chunked, gzip\r\n'), 'coding_invalid'],
  [
    'RFC 9112 §6.1: gzip before chunked',
    fields('Transfer-Encoding: gzip , chunked\r\n'),
    'coding_unsupported',
  ],
  ['RFC 9112 §6.1: identity', fields('Transfer-Encoding: identity\r\n'), 'coding_unsupported'],
  ['RFC 9112 §6.1: xchunked', fields('Transfer-Encoding: xchunked\r\n'), 'coding_unsupported'],
  ['llhttp: tab after chunked', fields('Transfer-Encoding: chunked \t\r\n'), 'coding_invalid'],
  ['llhttp: tab before chunked', fields('Transfer-Encoding: \tchunked\r\n'), 'coding_invalid'],
  ['CVE-2022-32213: vertical tab before chunked', fields('Transfer-Encoding:\x0bchunked\r\n'), 'field_value'],
  [
    'RFC 9110 §9.3.8: TRACE with content',
    `TRACE / HTTP/1.1\r\n${HOST}Content-Length: 1\r\n\r\n`,
    'trace_content',
  ],
  ['RFC 9110 §7.6.1: no list of tokens', fields('Connection: close keep-alive\r\n'), 'connection'],
  ['RFC 9110 §7.6.1: quotes', fields('Connection: "close"\r\n'), 'connection'],
  ['CVE-2022-31813: Host nominated', fields('Connection: close, Host\r\n'), 'connection_nominates'],
  ['RFC 9110 §7.6.1: length nominated', fields('Connection: content-length\r\n'), 'connection_nominates'],
  ['RFC 9110 §7.6.1: coding nominated', fields('Connection: Transfer-Encoding\r\n'), 'connection_nominates'],
  ['RFC 9110 §7.6.1: too many nominated', fields(`Connection: ${'x,'.repeat(17)}\r\n`), 'connection'],
  ['RFC 9110 §7.8: empty Upgrade', fields('Upgrade:\r\n'), 'upgrade'],
  ['RFC 9110 §7.8: no version after the slash', fields('Upgrade: a/\r\n'), 'upgrade'],
  ['RFC 9110 §7.8: two words', fields('Upgrade: a b\r\n'), 'upgrade'],
  ['RFC 9110 §10.1.1: unknown expectation', fields('Expect: x\r\n'), 'expectation'],
  ['RFC 9110 §10.1.1: twelve other letters', fields('Expect: 100-continux\r\n'), 'expectation'],
  [
    'RFC 9110 §10.1.1: the second one is unknown',
    fields('Expect: 100-continue\r\nX: y\r\nExpect: x\r\n'),
    'expectation',
  ],
];

describe('a request head', () => {
  it.each(ACCEPTED)('is accepted: %s', (_rule, text) => {
    expect(parse(text).reason).toBeNull();
  });

  it.each(REFUSED)('is refused: %s', (_rule, text, reason) => {
    expect(parse(text).reason).toBe(reason);
  });

  it('is never read past its end, whatever stands there', () => {
    const refused = [...REFUSED.map(([, text]) => text), ...ACCEPTED.map(([, text]) => text)];
    for (const text of refused) {
      const verdicts = ['', '\r\n\r\n', '\n', ' HTTP/1.1\r\n', '::::'].map((poison) => {
        const head = createRequestHead(TEST_LIMITS);
        return parseRequestHead(head, Buffer.from(text + poison, 'latin1'), 0, text);
      });
      expect(new Set(verdicts).size).toBe(1);
    }
  });

  it('gives method, target, path and version', () => {
    const { head } = parse('POST /a/b?c=d HTTP/1.0\r\n\r\n');
    expect(head.method).toBe('POST');
    expect(head.text.slice(head.targetStart, head.targetEnd)).toBe('/a/b?c=d');
    expect(head.text.slice(head.pathStart, head.pathEnd)).toBe('/a/b');
    expect(head).toMatchObject({
      minor: 0,
      targetForm: TARGET_FORM.origin,
      hostStart: 0,
      hostEnd: 0,
    });
  });

  it.each([
    ['GET', '/a?b', '/a?b'],
    ['GET', 'http://b.example/a?b', '/a?b'],
    ['GET', 'http://b.example', '/'],
    ['GET', 'http://b.example?b', '/?b'],
    ['OPTIONS', 'http://b.example', '*'],
    ['OPTIONS', 'http://b.example/', '/'],
    ['OPTIONS', '*', '*'],
  ])('sends on the target in origin form: %s %s', (method, target, expected) => {
    expect(forwardedTarget(parse(`${method} ${target} HTTP/1.1\r\n${HOST}\r\n`).head)).toBe(expected);
  });

  it('takes the host from an absolute target rather than from Host (RFC 9112 §3.2.2)', () => {
    const { head } = parse(get('http://b.example:81/x'));
    expect(head.text.slice(head.hostStart, head.hostEnd)).toBe('b.example:81');
    expect(head.text.slice(head.hostStart, head.hostNameEnd)).toBe('b.example');
  });

  it('takes the host from Host', () => {
    const { head } = parse(host('[::1]:8080'));
    expect(head.text.slice(head.hostStart, head.hostEnd)).toBe('[::1]:8080');
    expect(head.text.slice(head.hostStart, head.hostNameEnd)).toBe('[::1]');
  });

  it.each([
    ['', BODY.none, -1],
    ['Content-Length: 0\r\n', BODY.none, 0],
    ['Content-Length: 7\r\n', BODY.length, 7],
    ['Transfer-Encoding: chunked\r\n', BODY.chunked, -1],
  ])('tells how the body is framed: %j', (lines, body, contentLength) => {
    expect(parse(fields(lines)).head).toMatchObject({ body, contentLength });
  });

  it.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'Connection: close\r\n', false],
    ['HTTP/1.1', 'Connection: close, keep-alive\r\n', false],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'Connection: Keep-Alive\r\n', true],
    ['HTTP/1.0', 'Connection: keep-alive, close\r\n', false],
  ])('tells whether the connection stays: %s %j', (protocol, lines, keepAlive) => {
    expect(parse(`GET / ${protocol}\r\n${HOST}${lines}\r\n`).head.keepAlive).toBe(keepAlive);
  });

  it.each([
    ['with a body', fields('Content-Length: 1\r\nExpect: 100-continue\r\n'), true],
    ['without a body', fields('Expect: 100-continue\r\n'), false],
    ['in HTTP/1.0', 'POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n', false],
  ])('expects 100-continue %s', (_case, text, expectContinue) => {
    expect(parse(text).head.expectContinue).toBe(expectContinue);
  });

  it('forgets the head before it', () => {
    const head = createRequestHead(TEST_LIMITS);
    const first =
      'POST http://b/ HTTP/1.1\r\nHost: a\r\nX_Y: z\r\nContent-Length: 5\r\nConnection: close, x\r\nExpect: 100-continue\r\n\r\n';
    const second = 'GET / HTTP/1.0\r\n\r\n';
    parseRequestHead(head, Buffer.from(first, 'latin1'), 0, first);
    parseRequestHead(head, Buffer.from(second, 'latin1'), 0, second);
    const fresh = parse(second).head;
    expect({ ...head, fields: null, connection: null }).toEqual({ ...fresh, fields: null, connection: null });
    expect(head.fields).toMatchObject({ count: 0, present: 0, repeated: 0, anyUnderscore: false });
    expect(head.connection).toMatchObject({ close: false, nominationCount: 0 });
  });
});
