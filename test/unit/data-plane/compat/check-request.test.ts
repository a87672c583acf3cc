import { checkRequest } from '../../../../data-plane/compat/check-request.js';
import { passTrailers } from '../../../../data-plane/compat/trailers.js';
import { mayUpgrade } from '../../../../data-plane/compat/upgrade-rule.js';
import { FORWARDING } from '../../../support/routing-fixture.js';

const { limits } = FORWARDING;
const facts = { method: 'GET', target: '/x?y', minor: 1, rawHeaders: ['Host', 'A.test:80'] };

describe('a request that a proxy can take', () => {
  it('is told with its path, host and framing', () => {
    expect(checkRequest(facts, limits)).toEqual({
      target: '/x?y',
      path: '/x',
      host: 'a.test',
      hostField: 'A.test:80',
      chunked: false,
      hasBody: false,
    });
  });

  it.each([
    [['Content-Length', '0'], false, false],
    [['Content-Length', '3'], false, true],
    [['Transfer-Encoding', 'Chunked'], true, true],
  ])('has a body by %j', (fields, chunked, hasBody) => {
    const checked = checkRequest({ ...facts, rawHeaders: [...facts.rawHeaders, ...fields] }, limits);
    expect(checked).toMatchObject({ chunked, hasBody });
  });

  it('may be HTTP/1.0 without Host, and HTTP/1.1 with an empty one', () => {
    expect(checkRequest({ ...facts, minor: 0, rawHeaders: [] }, limits)).toMatchObject({
      host: null,
      hostField: null,
    });
    expect(checkRequest({ ...facts, rawHeaders: ['Host', ''] }, limits)).toMatchObject({
      host: null,
      hostField: '',
    });
  });

  it.each([
    ['GET', 'http://a.test:80', '/'],
    ['GET', 'HTTP://A.TEST:80?q', '/?q'],
    ['GET', 'https://a.test:80/p//q', '/p//q'],
    ['OPTIONS', 'http://a.test:80', '*'],
    ['OPTIONS', '*', '*'],
  ])('is sent in origin form: %s %s', (method, target, expected) => {
    expect(checkRequest({ ...facts, method, target }, limits)).toMatchObject({ target: expected });
  });

  it.each([
    ['a.test:80'],
    ['*'],
    [''],
    ['/a#b'],
    ['http:///x'],
    ['http://other/'],
    ['http://a.test:80@other/'],
  ])('does not have the target %j', (target) => {
    expect(checkRequest({ ...facts, target }, limits)).toBe('bad_request');
  });

  it('does not have an absolute target without Host', () => {
    expect(checkRequest({ ...facts, minor: 0, rawHeaders: [], target: 'http://a/' }, limits)).toBe(
      'bad_request',
    );
  });

  it('does not have two codings', () => {
    const rawHeaders = ['Host', 'a', 'Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'];
    expect(checkRequest({ ...facts, rawHeaders }, limits)).toBe('not_implemented');
  });
});

describe('a request that could be read in two ways', () => {
  const refused = (fields: readonly string[], changes: object = {}) =>
    checkRequest({ ...facts, ...changes, rawHeaders: fields }, limits);

  it.each([
    ['a Host beyond ASCII', ['Host', '\xe4.test']],
    ['a port that cannot be one', ['Host', 'a.test:65536']],
    ['a length with a zero in front', ['Host', 'a', 'Content-Length', '010']],
    ['a length that cannot be counted', ['Host', 'a', 'Content-Length', '9007199254740992']],
    ['a Connection that is no list', ['Host', 'a', 'connection', 'close, "x"']],
    ['a Connection that takes Host away', ['Host', 'a', 'Connection', 'x', 'Connection', 'HOST']],
  ])('is refused: %s', (_what, fields) => {
    expect(refused(fields)).toBe('bad_request');
  });

  it('is refused when a name is longer than any that is', () => {
    expect(refused(['Host', 'a', 'x'.repeat(256), ''])).toBe('head_too_large');
    expect(refused(['Host', 'a', 'x'.repeat(255), ''])).toMatchObject({ host: 'a' });
  });

  it('is refused when it is TRACE with content', () => {
    expect(refused(['Host', 'a', 'Content-Length', '1'], { method: 'TRACE' })).toBe('bad_request');
    expect(refused(['Host', 'a', 'Content-Length', '0'], { method: 'TRACE' })).toMatchObject({ host: 'a' });
  });

  it('is not one with a port of 65535 or an untidy list of options', () => {
    expect(refused(['Host', '[::1]:65535', 'Connection', ', keep-alive ,,x-hop'])).toMatchObject({
      hasBody: false,
    });
  });
});

describe('a request that may change its protocol', () => {
  const upgrade = (value: string, ...more: string[]) => ({
    method: 'GET',
    httpVersion: '1.1',
    rawHeaders: ['Upgrade', value, ...more],
  });

  it.each(['websocket', 'WebSocket', 'tcp', 'SPDY/3.1', 'x-httpx'])('asks for %s', (value) => {
    expect(mayUpgrade(upgrade(value))).toBe(true);
  });

  it.each(['h2c', 'H2C', 'h2', 'HTTP/2.0', 'http', 'TLS/1.2', 'tls', '', 'a b', 'websocket, h2c'])(
    'does not ask for %j',
    (value) => {
      expect(mayUpgrade(upgrade(value))).toBe(false);
    },
  );

  it('is a GET of HTTP/1.1 without a body', () => {
    expect(mayUpgrade({ ...upgrade('websocket'), method: 'POST' })).toBe(false);
    expect(mayUpgrade({ ...upgrade('websocket'), httpVersion: '1.0' })).toBe(false);
    expect(mayUpgrade(upgrade('websocket', 'Content-Length', '1'))).toBe(false);
    expect(mayUpgrade(upgrade('websocket', 'Transfer-Encoding', 'chunked'))).toBe(false);
    expect(mayUpgrade(upgrade('websocket', 'Upgrade', 'x'))).toBe(false);
    expect(mayUpgrade({ ...upgrade('x'), rawHeaders: [] })).toBe(false);
  });
});

describe('trailers', () => {
  it('go on in their order, but for those that would change what was read', () => {
    expect(
      passTrailers([
        'X-Sum',
        '1',
        'content-length',
        '9',
        'X_Forwarded_For',
        'x',
        'Set-Cookie',
        'a',
        'x-sum',
        '2',
      ]),
    ).toEqual([
      ['X-Sum', '1'],
      ['x-sum', '2'],
    ]);
  });
});
