import {
  downstreamHead,
  hasDate,
  interimHead,
  type DownstreamHeadFacts,
} from '../../../../data-plane/http1/downstream-head.js';
import { createHeadEdits } from '../../../../data-plane/http1/wire/head-edits.js';
import {
  createResponseHead,
  expectResponse,
  parseResponseHead,
  type ResponseHead,
} from '../../../../data-plane/http1/wire/response-head.js';
import { UPGRADE } from '../../../../data-plane/http1/wire/connection.js';

const FACTS: DownstreamHeadFacts = { setCookie: null, date: null, connection: null, framing: 'as-sent' };

function parsed(line: string, ...fields: readonly string[]): ResponseHead {
  const head = createResponseHead({ headBytes: 16_384, headerCount: 100, targetBytes: 8_192 });
  const text = [line, ...fields, '', ''].join('\r\n');
  expectResponse(head, 'GET', UPGRADE.websocket);
  expect(parseResponseHead(head, Buffer.from(text, 'latin1'), 0, text)).toBeNull();
  return head;
}
function sent(fields: readonly string[], facts: Partial<DownstreamHeadFacts> = {}, line = 'HTTP/1.1 200 OK') {
  const head = downstreamHead(parsed(line, ...fields), createHeadEdits(100), { ...FACTS, ...facts });
  expect(head.endsWith('\r\n\r\n')).toBe(true);
  return head.slice(0, -4).split('\r\n');
}

describe('the head that a client is sent', () => {
  it('is the head that came', () => {
    expect(sent(['X-A: 1', 'x-a:2', 'Content-Length: 3'])).toEqual([
      'HTTP/1.1 200 OK',
      'X-A: 1',
      'x-a:2',
      'Content-Length: 3',
    ]);
  });

  it.each([
    'Connection: keep-alive',
    'Keep-Alive: timeout=5',
    'Proxy-Connection: close',
    'Upgrade: h2',
    'Proxy-Authenticate: Basic',
  ])('is without %s', (field) => {
    expect(sent(['A: 1', field, 'B: 2'])).toEqual(['HTTP/1.1 200 OK', 'A: 1', 'B: 2']);
  });

  it('is without what Connection names, except what the message needs', () => {
    expect(sent(['Connection: X-Mine, Set-Cookie', 'x-mine: 1', 'Set-Cookie: a=b'])).toEqual([
      'HTTP/1.1 200 OK',
      'Set-Cookie: a=b',
    ]);
  });

  it.each(['close', 'keep-alive'] as const)('says %s to the client', (connection) => {
    expect(sent(['Connection: x'], { connection })).toEqual(['HTTP/1.1 200 OK', `Connection: ${connection}`]);
  });

  it('keeps chunks, adds them, and undoes them', () => {
    const chunked = ['Transfer-Encoding: chunked', 'Trailer: X', 'A: 1'];
    expect(sent(chunked)).toEqual(['HTTP/1.1 200 OK', ...chunked]);
    expect(sent(chunked, { framing: 'until-close' })).toEqual(['HTTP/1.1 200 OK', 'A: 1']);
    expect(sent(['A: 1'], { framing: 'chunked' })).toEqual([
      'HTTP/1.1 200 OK',
      'A: 1',
      'Transfer-Encoding: chunked',
    ]);
  });

  it('says in one spelling where the answer ends', () => {
    expect(sent(['transfer-encoding:  Chunked '])).toEqual(['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked']);
    expect(sent(['content-length:\t003 ', 'A: 1', 'Content-Length: 3, 3'])).toEqual([
      'HTTP/1.1 200 OK',
      'Content-Length: 3',
      'A: 1',
    ]);
  });

  it.each(['Content-Length: 0', 'Transfer-Encoding: chunked', 'Trailer: X'])(
    'has no %s beside 204',
    (line) => {
      expect(sent([line, 'A: 1'], {}, 'HTTP/1.1 204 No Content')).toEqual([
        'HTTP/1.1 204 No Content',
        'A: 1',
      ]);
    },
  );

  it.each([
    [[], true],
    [['Cache-Control: max-age=5'], true],
    [['Cache-Control: x-private-ish, public'], true],
    [['X: y', 'cache-control: max-age=5, PRIVATE'], false],
    [['Cache-Control:no-store'], false],
    [['Cache-Control: private, max-age=1'], false],
  ])('keeps shared caches from a session: %j', (fields, adds) => {
    const head = sent(fields, { setCookie: 'sid=1; Path=/' });
    expect(head).toContain('Set-Cookie: sid=1; Path=/');
    expect(head.includes('Cache-Control: private')).toBe(adds);
  });

  it.each([
    ['HTTP/1.0 404 Not Here', 'HTTP/1.1 404 Not Here'],
    ['HTTP/1.1 299 ', 'HTTP/1.1 299 '],
    ['HTTP/1.1 200', 'HTTP/1.1 200 '],
  ])('begins, for %j, with %j', (line, expected) => {
    expect(sent(['A: 1'], {}, line)[0]).toBe(expected);
  });

  it('has a Date where the backend sent none', () => {
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
    expect(sent(['A: 1'], { date })).toEqual(['HTTP/1.1 200 OK', 'A: 1', `Date: ${date}`]);
    expect(hasDate(parsed('HTTP/1.1 200 OK', 'date: x'))).toBe(true);
    expect(hasDate(parsed('HTTP/1.1 200 OK', 'X-Date: x', 'Data: x'))).toBe(false);
    expect(sent(['Connection: date', 'Date: x'])).toEqual(['HTTP/1.1 200 OK', 'Date: x']);
  });

  it.each([
    [null, 'Connection: Upgrade'],
    ['close', 'Connection: close, Upgrade'],
    ['keep-alive', 'Connection: keep-alive, Upgrade'],
  ] as const)('says to what an upgrade is required, on a connection of %s', (connection, line) => {
    const fields = ['Upgrade: a/1', 'Connection: upgrade', 'Upgrade: b'];
    const start = 'HTTP/1.1 426 Upgrade Required';
    expect(sent(fields, { connection }, start)).toEqual([start, 'Upgrade: a/1', 'Upgrade: b', line]);
    expect(sent([], { connection: null }, start)).toEqual([start]);
  });

  it('tells of the switch to another protocol', () => {
    const fields = ['Connection: upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Accept: s'];
    expect(sent(fields, { connection: 'Upgrade' }, 'HTTP/1.1 101 Switching Protocols')).toEqual([
      'HTTP/1.1 101 Switching Protocols',
      'Sec-WebSocket-Accept: s',
      'Connection: Upgrade',
      'Upgrade: websocket',
    ]);
  });
});

describe('an interim head', () => {
  it('has no framing and no connection of its own', () => {
    const head = parsed(
      'HTTP/1.1 103 Early Hints',
      'Link: </a>',
      'Content-Length: 3',
      'Connection: X',
      'X: y',
    );
    expect(interimHead(head, createHeadEdits(100))).toBe('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
  });
});
