/** Laws: no hop-by-hop, nominated or claimed field and no session cookie gets through; the proxy's own always do. */
import fc from 'fast-check';
import { HOP_BY_HOP, requestFields, responseFields } from '../../data-plane/routing/headers.js';

const NAMES = [
  ...HOP_BY_HOP,
  'X-Forwarded-For',
  'x_forwarded-for',
  'X-Forwarded-Proto',
  'X_FORWARDED_HOST',
  'X-Real-IP',
  'Forwarded',
  'X-Foo',
  'X-Bar',
  'Host',
  'Cookie',
  'Content-Length',
  'Accept',
];
const name = fc.constantFrom(...NAMES);
const value = fc.oneof(
  fc.constantFrom('close', '203.0.113.1', 'sid=1', 'a=1; sid=2; b=3', '"sid=1"', ' sid = 5 ; c="x; sid=6"'),
  fc.array(name).map((names) => names.join(', ')),
);
const raw = fc.array(fc.tuple(name, value), { maxLength: 20 }).map((pairs) => pairs.flat());
const CLIENT = {
  address: '198.51.100.7',
  secure: false,
  forwardedFor: '198.51.100.7',
  forwardedProto: 'http',
  forwardedHost: 'example.org',
} as const;

function pairsOf(fields: readonly string[]): [name: string, value: string][] {
  return fields.flatMap((text, i): [string, string][] =>
    i % 2 === 0 ? [[text.toLowerCase(), fields[i + 1]!]] : [],
  );
}

function nominatedIn(fields: readonly string[]): string[] {
  const kept = [
    'host',
    'content-length',
    'cookie',
    'set-cookie',
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-forwarded-host',
  ];
  return pairsOf(fields)
    .filter(([field]) => field === 'connection')
    .flatMap(([, list]) => list.split(',').map((member) => member.trim().toLowerCase()))
    .filter((field) => !kept.includes(field));
}

describe('forwarded fields', () => {
  it('of a request are end-to-end, true and without the session cookie', () => {
    fc.assert(
      fc.property(raw, fc.boolean(), (fields, trustedPeer) => {
        const context = { client: { ...CLIENT, trustedPeer }, cookieNames: ['sid'], host: null, own: [] };
        const output = pairsOf(requestFields(fields, context));
        const gone = [...HOP_BY_HOP, ...nominatedIn(fields)];
        for (const [field, text] of output) {
          expect(gone).not.toContain(field);
          expect(field).not.toContain('_forwarded');
          if (field === 'cookie') {
            expect(text.split(';').map((pair) => pair.split('=')[0]!.trim())).not.toContain('sid');
          }
          if (!trustedPeer) expect(['x-real-ip', 'forwarded']).not.toContain(field);
        }
        const all = (wanted: string) => output.filter(([field]) => field === wanted).map(([, text]) => text);
        expect(all('x-forwarded-for')).toEqual(['198.51.100.7']);
        expect(all('x-forwarded-proto')).toEqual(['http']);
        expect(all('x-forwarded-host')).toEqual(['example.org']);
        expect(all('cookie').length).toBeLessThanOrEqual(1);
        for (const field of ['host', 'content-length']) {
          expect(all(field)).toEqual(
            pairsOf(fields)
              .filter(([one]) => one === field)
              .map(([, text]) => text),
          );
        }
      }),
    );
  });

  it('of a response are end-to-end, in their order', () => {
    fc.assert(
      fc.property(raw, (fields) => {
        const gone = [
          ...HOP_BY_HOP,
          ...nominatedIn(fields).filter((field) => !field.startsWith('x-forwarded-')),
        ];
        const claimed = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'];
        const output = pairsOf(responseFields(fields, { setCookie: null, own: [] }));
        const expected = pairsOf(fields).filter(([field]) => !gone.includes(field));
        const plain = (pairs: [string, string][]) => pairs.filter(([field]) => !claimed.includes(field));
        expect(plain(output)).toEqual(plain(expected));
      }),
    );
  });
});
