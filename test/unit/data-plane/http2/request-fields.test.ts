import { readRequestFields } from '../../../../data-plane/http2/request-fields.js';
import { forwardingSettings } from '../../../support/snapshot-of.js';

const { limits } = forwardingSettings();
type Pair = readonly [string, string];
const START: readonly Pair[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'a.test'],
  [':path', '/x?y'],
];
/** The pseudo fields of a plain request, with this one in place of its namesake; `null` leaves it out. */
function pseudo(name: string, value: string | null): readonly Pair[] {
  return START.flatMap((pair): Pair[] => {
    if (pair[0] !== name) return [pair];
    return value === null ? [] : [[name, value]];
  });
}
function read(pairs: readonly Pair[], endsHere = true) {
  return readRequestFields(pairs.flat(), endsHere, limits);
}

describe('a request of HTTP/2', () => {
  it('is brought into the shape of HTTP/1.1', () => {
    expect(read([...START, ['cookie', 'a=1'], ['cookie', 'b=2'], ['te', 'trailers']])).toEqual({
      kind: 'request',
      method: 'GET',
      target: '/x?y',
      fields: ['Host', 'a.test', 'cookie', 'a=1', 'cookie', 'b=2', 'te', 'trailers'],
      expectsContinue: false,
      refusal: null,
    });
  });

  it('may name its host by Host alone', () => {
    expect(read([...pseudo(':authority', null), ['host', 'b.test']])).toMatchObject({
      fields: ['Host', 'b.test'],
      refusal: null,
    });
  });

  it('may name the same host twice', () => {
    expect(read([...START, ['host', 'A.test']])).toMatchObject({ fields: ['Host', 'a.test'], refusal: null });
  });

  it.each([
    ['without a length: chunked', [], false, ['Host', 'a.test', 'Transfer-Encoding', 'chunked']],
    ['with a length', [['content-length', '5']], false, ['Host', 'a.test', 'content-length', '5']],
    [
      'with a length of 0 and none',
      [['content-length', '0']],
      true,
      ['Host', 'a.test', 'content-length', '0'],
    ],
  ] as const)('has a body %s', (_name, more, endsHere, fields) => {
    expect(read([...START, ...more], endsHere)).toMatchObject({ fields, refusal: null });
  });

  it('may wait for 100 Continue', () => {
    expect(read([...START, ['expect', '100-Continue']], false)).toMatchObject({
      expectsContinue: true,
      refusal: null,
    });
  });

  it.each([
    [
      'CONNECT',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
      ],
      'method_not_allowed',
    ],
    ['HEAD but for its case', pseudo(':method', 'head'), 'not_implemented'],
    ['a method longer than any', pseudo(':method', 'A'.repeat(65)), 'not_implemented'],
    ['another scheme', pseudo(':scheme', 'http'), 'bad_request'],
    ['no host at all', pseudo(':authority', null), 'bad_request'],
    ['an authority unlike Host', [...START, ['host', 'b.test']], 'bad_request'],
    ['two hosts', [...pseudo(':authority', null), ['host', 'a'], ['host', 'b']], 'bad_request'],
    ['another expectation', [...START, ['expect', 'x']], 'expectation_failed'],
    ['101 fields', [...START, ...Array.from({ length: 101 }, (): Pair => ['x', 'y'])], 'head_too_large'],
    ['101 crumbs', [...START, ...Array.from({ length: 101 }, (): Pair => ['cookie', 'y'])], 'head_too_large'],
    ['16 KiB of fields', [...START, ['x', 'y'.repeat(16_200)]], 'head_too_large'],
  ] as const)('is answered with a refusal: %s', (_name, pairs, refusal) => {
    expect(read(pairs)).toMatchObject({ kind: 'request', refusal });
  });

  it.each([
    ['no method', pseudo(':method', null)],
    ['no path', pseudo(':path', null)],
    ['no scheme', pseudo(':scheme', null)],
    ['CONNECT with a path', pseudo(':method', 'CONNECT')],
    ['CONNECT without an authority', [[':method', 'CONNECT']]],
    ['extended CONNECT', [...START, [':protocol', 'websocket']]],
    ['an unknown pseudo field', [...START, [':x', 'y']]],
    ['two paths', [...START, [':path', '/']]],
    ['a pseudo field behind others', [['x', 'y'], ...START]],
    ['a space in the method', pseudo(':method', 'GET /')],
    ['a space in the path', pseudo(':path', '/ HTTP/1.1')],
    ['a line end in the path', pseudo(':path', '/\r\nx')],
    ['a byte beyond ASCII in the path', pseudo(':path', '/\xe4')],
    ['a path without a slash', pseudo(':path', 'x')],
    ['an empty path', pseudo(':path', '')],
    ['a scheme that is none', pseudo(':scheme', 'https ')],
    ['a space in the authority', pseudo(':authority', 'a b')],
    ['an empty authority', pseudo(':authority', '')],
    ['a field without a name', [...START, ['', 'x']]],
    ['an upper-case name', [...START, ['X', 'y']]],
    ['a space in a name', [...START, ['x ', 'y']]],
    ['a line end in a value', [...START, ['x', 'a\nb']]],
    ['white space before a value', [...START, ['x', ' a']]],
    ['white space behind a value', [...START, ['x', 'a\t']]],
    ['a control character in a value', [...START, ['x', '\x7f']]],
    ['Connection', [...START, ['connection', 'close']]],
    ['Transfer-Encoding', [...START, ['transfer-encoding', 'chunked']]],
    ['TE of other codings', [...START, ['te', 'trailers, gzip']]],
    ['two lengths', [...START, ['content-length', '0'], ['content-length', '0']]],
    ['a length that is none', [...START, ['content-length', '0x5']]],
    ['a length without a body', [...START, ['content-length', '5']]],
  ] as readonly (readonly [string, readonly Pair[]])[])('is malformed: %s', (_name, pairs) => {
    expect(read(pairs)).toEqual({ kind: 'malformed' });
  });
});
