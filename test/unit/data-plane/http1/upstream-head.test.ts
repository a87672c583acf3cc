import {
  hasHost,
  upstreamHead,
  withHost,
  type UpstreamHeadFacts,
} from '../../../../data-plane/http1/upstream-head.js';
import { createHeadEdits } from '../../../../data-plane/http1/wire/head-edits.js';
import {
  createRequestHead,
  parseRequestHead,
  type RequestHead,
} from '../../../../data-plane/http1/wire/request-head.js';

const LIMITS = { headBytes: 16_384, headerCount: 100, targetBytes: 8_192 };
const FACTS: UpstreamHeadFacts = {
  forwarded: 'X-Forwarded-For: 192.0.2.1\r\n',
  trustedPeer: false,
  cookieNames: [],
  upgrade: null,
  requestId: null,
};

function parsed(line: string, ...fields: readonly string[]): RequestHead {
  const head = createRequestHead(LIMITS);
  const text = [line, ...fields, '', ''].join('\r\n');
  expect(parseRequestHead(head, Buffer.from(text, 'latin1'), 0, text)).toBeNull();
  return head;
}
/** The lines sent for a request with these fields. */
function sent(fields: readonly string[], facts: Partial<UpstreamHeadFacts> = {}, line = 'GET / HTTP/1.1') {
  const head = upstreamHead(parsed(line, ...fields), createHeadEdits(100), { ...FACTS, ...facts });
  expect(head.endsWith('\r\n\r\n')).toBe(true);
  return head.slice(0, -4).split('\r\n');
}
const HOST = 'Host: a.test';

describe('the head that a backend is sent', () => {
  it('is the head that came, and who the client is', () => {
    expect(sent([HOST, 'X-A: 1', 'x-a:2'])).toEqual([
      'GET / HTTP/1.1',
      HOST,
      'X-A: 1',
      'x-a:2',
      'X-Forwarded-For: 192.0.2.1',
    ]);
  });

  it.each([
    'Connection: keep-alive',
    'Keep-Alive: timeout=5',
    'Proxy-Connection: close',
    'TE: trailers',
    'Upgrade: h2c',
    'HTTP2-Settings: x',
    'Proxy-Authorization: x',
    'Proxy-Authenticate: x',
    'X-Forwarded-For: 1.2.3.4',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: b.test',
    'X-Forwarded-Port: 1',
    'X_Forwarded_For: 1.2.3.4',
    'X-Real_IP: 1.2.3.4',
    'X-Real-IP: 1.2.3.4',
    'Forwarded: for=1.2.3.4',
    'Expect: 100-continue',
  ])('is without %s', (field) => {
    expect(sent([HOST, 'A: 1', field, 'B: 2'])).toEqual([
      'GET / HTTP/1.1',
      HOST,
      'A: 1',
      'B: 2',
      'X-Forwarded-For: 192.0.2.1',
    ]);
  });

  it.each([
    'X-Forwarded-Port: 1',
    'X-Real-IP: 1.2.3.4',
    'Forwarded: for=1.2.3.4',
    'X_Y: 1',
    'Max-Forwards: 1',
  ])('keeps %s of a trusted peer', (field) => {
    expect(sent([HOST, field], { trustedPeer: true })).toContain(field);
  });

  it('is without what Connection names, except what every recipient needs', () => {
    const head = sent([HOST, 'Connection: X-Mine, cookie, close', 'x-mine: 1', 'Cookie: a=b', 'X-Mine2: 2']);
    expect(head).toEqual(['GET / HTTP/1.1', HOST, 'Cookie: a=b', 'X-Mine2: 2', 'X-Forwarded-For: 192.0.2.1']);
  });

  it('cannot be made to lack what the proxy adds', () => {
    expect(sent([HOST, 'Connection: X-Forwarded-For'])).toContain('X-Forwarded-For: 192.0.2.1');
  });

  it('keeps the framing', () => {
    expect(sent([HOST, 'Transfer-Encoding: chunked', 'Trailer: X'], {}, 'POST / HTTP/1.1')).toEqual(
      expect.arrayContaining(['Transfer-Encoding: chunked', 'Trailer: X']),
    );
    expect(sent([HOST, 'Content-Length: 3'], {}, 'POST / HTTP/1.1')).toContain('Content-Length: 3');
  });

  it('keeps Expect where a body is held back', () => {
    const fields = [HOST, 'Expect: 100-continue', 'Content-Length: 3'];
    expect(sent(fields, {}, 'POST / HTTP/1.1')).toContain('Expect: 100-continue');
  });

  it('takes the session cookie out, and no other', () => {
    const cookieNames = ['sid', '__Host-sid'];
    expect(sent([HOST, 'cookie: a=1; sid=x; b=2'], { cookieNames })).toContain('cookie: a=1; b=2');
    expect(sent([HOST, 'Cookie: sid=x'], { cookieNames }).join()).not.toContain('ookie');
    expect(sent([HOST, 'Cookie:  a=1;b=2 '], { cookieNames })).toContain('Cookie:  a=1;b=2 ');
  });

  it('asks for the upgrade', () => {
    expect(sent([HOST, 'Connection: upgrade', 'Upgrade: websocket'], { upgrade: 'websocket' })).toEqual([
      'GET / HTTP/1.1',
      HOST,
      'X-Forwarded-For: 192.0.2.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
    ]);
  });

  it('has our request id in place of the client’s', () => {
    const head = sent([HOST, 'X-Request-ID: theirs'], { requestId: 'ours' });
    expect(head).toContain('X-Request-ID: ours');
    expect(head).not.toContain('X-Request-ID: theirs');
    expect(sent([HOST, 'X-Request-ID: theirs'])).toContain('X-Request-ID: theirs');
  });

  it.each([
    ['GET http://B.test:81/x?y HTTP/1.1', ['GET /x?y HTTP/1.1', 'Host: B.test:81']],
    ['GET http://b.test HTTP/1.1', ['GET / HTTP/1.1', 'Host: b.test']],
    ['OPTIONS http://b.test HTTP/1.1', ['OPTIONS * HTTP/1.1', 'Host: b.test']],
    ['GET http://b.test?q HTTP/1.1', ['GET /?q HTTP/1.1', 'Host: b.test']],
  ])('has the target of %s in origin form, and its host', (line, expected) => {
    const head = sent([HOST], {}, line);
    expect(head.slice(0, 2)).toEqual(expected);
    expect(head).not.toContain(HOST);
  });

  it('is HTTP/1.1 whatever the client speaks, with a Host', () => {
    const old = parsed('GET /x HTTP/1.0', 'A: 1');
    expect(hasHost(old)).toBe(false);
    const head = withHost(upstreamHead(old, createHeadEdits(100), FACTS), '127.0.0.1:80');
    expect(head).toBe('GET /x HTTP/1.1\r\nHost: 127.0.0.1:80\r\nA: 1\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n');
    expect(hasHost(parsed('GET / HTTP/1.0', HOST))).toBe(true);
    expect(hasHost(parsed('GET http://b.test/ HTTP/1.0'))).toBe(true);
  });

  it('says in one spelling where the request ends and goes', () => {
    const post = (...fields: readonly string[]) => sent(fields, {}, 'POST / HTTP/1.1');
    expect(post('hOST:\ta.test', 'transfer-encoding:  Chunked ')).toEqual([
      'POST / HTTP/1.1',
      'hOST: a.test',
      'Transfer-Encoding: chunked',
      'X-Forwarded-For: 192.0.2.1',
    ]);
    for (const line of [
      'content-length: 3',
      'Content-Length:3',
      'Content-Length:\t003',
      'Content-Length: 3 ',
    ]) {
      expect(post(HOST, line)).toContain('Content-Length: 3');
    }
    const expecting = post(HOST, 'expect:100-Continue', 'Content-Length: 3', 'Expect: 100-CONTINUE');
    expect(expecting.filter((line) => /expect/i.test(line))).toEqual(['Expect: 100-continue']);
  });
});
