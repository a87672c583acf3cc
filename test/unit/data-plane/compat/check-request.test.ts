import { checkRequest } from '../../../../data-plane/compat/check-request.js';
import { authorityOf, pathOf, protocolAskedFor } from '../../../../data-plane/http1/request-facts.js';
import { Scratch } from '../../../../data-plane/http1/scratch.js';
import { BODY } from '../../../../data-plane/http1/wire/framing.js';
import { forwardedTarget } from '../../../../data-plane/http1/wire/request-head.js';
import { FORWARDING } from '../../../support/routing-fixture.js';

const tables = new Scratch().tables(FORWARDING.limits);
const facts = { method: 'GET', url: '/x?y', httpVersion: '1.1', rawHeaders: ['Host', 'A.test:80'] };

function check(changes: object) {
  return checkRequest(tables, { ...facts, ...changes });
}

describe('a request that node has read and a proxy can take', () => {
  it('is told with its path, host and framing', () => {
    const head = check({});
    if (typeof head === 'string') throw new Error(head);
    expect([pathOf(head), forwardedTarget(head), authorityOf(head)]).toEqual(['/x', '/x?y', 'A.test:80']);
    expect(head).toMatchObject({ body: BODY.none, keepAlive: true, expectContinue: false });
  });

  it('keeps bytes beyond ASCII in its values', () => {
    const head = check({ rawHeaders: [...facts.rawHeaders, 'X-Text', '\xe4\xff'] });
    expect(head).toMatchObject({ text: 'GET /x?y HTTP/1.1\r\nHost: A.test:80\r\nX-Text: \xe4\xff\r\n\r\n' });
  });

  it.each([
    [['Content-Length', '0'], BODY.none],
    [['Content-Length', '3'], BODY.length],
    [['Transfer-Encoding', 'Chunked'], BODY.chunked],
  ])('has a body by %j', (fields, body) => {
    expect(check({ rawHeaders: [...facts.rawHeaders, ...fields] })).toMatchObject({ body });
  });

  it('may be for another host than Host says, if its target says so', () => {
    const head = check({ url: 'http://other/x' });
    expect(typeof head === 'string' ? head : authorityOf(head)).toBe('other');
  });

  it.each([
    ['websocket', 'websocket'],
    ['h2c', null],
  ])('may change to another protocol: %s', (asked, protocol) => {
    const rawHeaders = [...facts.rawHeaders, 'Connection', 'Upgrade', 'Upgrade', asked];
    const head = check({ rawHeaders });
    expect(typeof head === 'string' ? head : protocolAskedFor(head)).toBe(protocol);
  });
});

describe('a request that node has read and a proxy must not take', () => {
  it.each([
    ['no Host', { rawHeaders: [] }, 'bad_request'],
    ['two Hosts', { rawHeaders: ['Host', 'a', 'host', 'a'] }, 'bad_request'],
    ['a fragment', { url: '/a#b' }, 'bad_request'],
    ['no version', { httpVersion: '0.9', rawHeaders: [] }, 'bad_request'],
    ['HTTP/0.9', { httpVersion: '0.9' }, 'unsupported_version'],
    ['HTTP/2.0 without HTTP/2', { httpVersion: '2.0' }, 'unsupported_version'],
    ['another expectation', { rawHeaders: ['Host', 'a', 'Expect', 'x'] }, 'expectation_failed'],
    ['two codings', { rawHeaders: ['Host', 'a', 'Transfer-Encoding', 'chunked, chunked'] }, 'bad_request'],
    ['an unknown coding', { rawHeaders: ['Host', 'a', 'Transfer-Encoding', 'gzip'] }, 'not_implemented'],
    ['a name that is too long', { rawHeaders: ['Host', 'a', 'x'.repeat(256), ''] }, 'head_too_large'],
    ['no method', { method: undefined }, 'bad_request'],
    ['no target', { url: undefined }, 'bad_request'],
    // Node gives one character per byte. Were it otherwise, a character could become a line end.
    ['a character that is no byte', { rawHeaders: ['Host', 'a', 'X', '\u010a'] }, 'bad_request'],
  ])('has %s', (_what, changes, code) => {
    expect(check(changes)).toBe(code);
  });
});
