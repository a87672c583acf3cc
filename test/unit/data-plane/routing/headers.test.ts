import type { Client } from '../../../../data-plane/routing/client-address.js';
import {
  isDropped,
  joinedField,
  nominated,
  requestFields,
  responseFields,
} from '../../../../data-plane/routing/headers.js';

const CLIENT: Client = {
  address: '203.0.113.9',
  secure: true,
  trustedPeer: false,
  forwardedFor: '203.0.113.9',
  forwardedProto: 'https',
  forwardedHost: 'example.org',
};
const CONTEXT = { client: CLIENT, cookieNames: ['sid', '__Host-sid'], host: null, own: [] as string[] };
const ADDED = [
  'X-Forwarded-For',
  '203.0.113.9',
  'X-Forwarded-Proto',
  'https',
  'X-Forwarded-Host',
  'example.org',
];

describe('nominated fields', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['close', ['close']],
    ['close, X-Foo', ['close', 'x-foo']],
    [' , X-Foo ,,\tX-Bar', ['x-foo', 'x-bar']],
    ['X-Forwarded-For, X-Real-IP', ['x-forwarded-for', 'x-real-ip']],
    ['Host, Content-Length, Cookie, Set-Cookie', []],
  ])('%j: %j', (value, names) => {
    expect([...nominated(value)]).toEqual(names);
  });
});

describe('a request field', () => {
  it.each([
    ['accept', false, false],
    ['connection', true, true],
    ['te', true, true],
    ['trailer', false, false],
    ['upgrade', true, true],
    ['x-nominated', true, true],
    [':authority', true, true],
    ['x-forwarded-for', true, true],
    ['x_forwarded_for', true, true],
    ['x-forwarded_proto', true, true],
    ['x-forwarded-port', true, false],
    ['x_forwarded_port', true, true],
    ['x-real-ip', true, false],
    ['x_real-ip', true, true],
    ['forwarded', true, false],
    ['content_length', true, true],
    ['transfer_encoding', true, true],
    ['proxy_authorization', true, true],
    ['content_type', false, false],
    ['__proto__', false, false],
  ])('%s is dropped: %s; from a trusted peer: %s', (name, untrusted, trusted) => {
    const names = new Set(['x-nominated']);
    expect(isDropped(name, names, false)).toBe(untrusted);
    expect(isDropped(name, names, true)).toBe(trusted);
  });
});

describe('fields of a request', () => {
  it('go on in their order and case, with the client’s address after them', () => {
    const raw = ['Host', 'example.org', 'ACCEPT', '*/*', 'x-Twice', '1', 'x-twice', '2'];
    expect(requestFields(raw, CONTEXT)).toEqual([...raw, ...ADDED]);
  });

  it('lose what the client nominates, but never what the proxy adds', () => {
    const raw = [
      'Connection',
      'close, X-Foo',
      'X-Foo',
      '1',
      'connection',
      'X-Forwarded-For',
      'x-forwarded-for',
      '6.6.6.6',
    ];
    expect(requestFields(raw, CONTEXT)).toEqual(ADDED);
  });

  it('keep other claims of a trusted peer', () => {
    const client = { ...CLIENT, trustedPeer: true, forwardedHost: null };
    const raw = ['X-Forwarded-Port', '443', 'X-Forwarded-Host', 'example.org', 'X_Forwarded_Port', '1'];
    expect(requestFields(raw, { ...CONTEXT, client })).toEqual([
      'X-Forwarded-Port',
      '443',
      ...ADDED.slice(0, 4),
    ]);
  });

  it('have the host that the request is for in place of the one sent', () => {
    const raw = ['Accept', '*/*', 'Host', 'a', 'host', 'b'];
    expect(requestFields(raw, { ...CONTEXT, host: 'example.org' })).toEqual([
      'Host',
      'example.org',
      'Accept',
      '*/*',
      ...ADDED,
    ]);
  });

  it('have one cookie field without the session cookie', () => {
    const raw = ['cookie', 'sid=1', 'cookie', 'a=1; sid=2', 'Accept', '*/*', 'cookie', 'b=2'];
    expect(requestFields(raw, CONTEXT)).toEqual(['cookie', 'a=1; b=2', 'Accept', '*/*', ...ADDED]);
  });

  it('end with the engine’s own', () => {
    const own = ['Connection', 'Upgrade', 'Upgrade', 'websocket'];
    expect(requestFields(['Connection', 'Upgrade', 'Upgrade', 'websocket'], { ...CONTEXT, own })).toEqual([
      ...ADDED,
      ...own,
    ]);
  });
});

describe('fields of a response', () => {
  it('lose what is for the next hop, and keep what is not', () => {
    const raw = [
      'Connection',
      'X-Foo, Set-Cookie',
      'X-Foo',
      '1',
      'Set-Cookie',
      'a=1',
      'Keep-Alive',
      'timeout=5',
      ':status',
      '200',
      'Content-Length',
      '2',
    ];
    expect(responseFields(raw, { setCookie: null, own: ['Connection', 'close'] })).toEqual([
      'Set-Cookie',
      'a=1',
      'Content-Length',
      '2',
      'Connection',
      'close',
    ]);
  });

  it.each<[string[], boolean]>([
    [[], true],
    [['Cache-Control', 'public, max-age=60'], true],
    [['Cache-Control', 'max-age=0, private'], false],
    [['Cache-Control', 'No-Store'], false],
    [['Cache-Control', 'x-private=1'], true],
  ])('with a session cookie and %j say that they are private: %s', (raw, added) => {
    const fields = responseFields(raw, { setCookie: 'sid=1', own: [] });
    expect(fields).toEqual([...raw, 'Set-Cookie', 'sid=1', ...(added ? ['Cache-Control', 'private'] : [])]);
  });
});

describe('a field without a value', () => {
  it('has an empty one', () => {
    expect(responseFields(['X-Odd'], { setCookie: null, own: [] })).toEqual(['X-Odd', '']);
  });
});

describe('a joined field', () => {
  it('is the list of all its values', () => {
    const raw = ['X-Forwarded-For', '1.1.1.1', 'Accept', '*/*', 'x-forwarded-for', '2.2.2.2'];
    expect(joinedField(raw, 'x-forwarded-for')).toBe('1.1.1.1, 2.2.2.2');
    expect(joinedField(raw, 'accept')).toBe('*/*');
    expect(joinedField(raw, 'host')).toBeNull();
  });
});
