import {
  BODY_LIMIT_BYTES,
  CheckResponse,
  HEAD_LIMIT_BYTES,
  MalformedAnswer,
} from '../../../../control-plane/health-checks/check-response.js';

/** `whole`, `cut`, or what is wrong with it. */
type Verdict = string;

/** What is made of an answer that comes in pieces of `step` bytes and ends with its connection. */
function read(text: string, step: number): { readonly verdict: Verdict; readonly status: number | null } {
  const response = new CheckResponse({ isBodiless: false, isKept: false });
  const bytes = Buffer.from(text, 'latin1');
  try {
    for (let at = 0; at < bytes.length; at += step) {
      if (response.take(bytes.subarray(at, at + step))) return { verdict: 'whole', status: response.status };
    }
    return { verdict: response.end() ? 'whole' : 'cut', status: response.status };
  } catch (error) {
    if (!(error instanceof MalformedAnswer)) throw error;
    return { verdict: error.message, status: response.status };
  }
}

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

const CASES: readonly (readonly [
  name: string,
  text: string,
  verdict: Verdict | RegExp,
  status: number | null,
])[] = [
  ['no body at all', `${OK}Content-Length: 0\r\n\r\n`, 'whole', 200],
  ['a body of the length said', `${OK}content-length:  4 \r\n\r\nfine`, 'whole', 200],
  ['the same length said twice', `${OK}Content-Length: 4\r\nContent-Length: 4\r\n\r\nfine`, 'whole', 200],
  ['bytes after the end', `${OK}Content-Length: 4\r\n\r\nfine and more`, 'whole', 200],
  ['a short body', `${OK}Content-Length: 4\r\n\r\nfin`, 'cut', 200],
  ['chunks', `${CHUNKED}3\r\nabc\r\nA;x="y"\r\n0123456789\r\n0\r\n\r\n`, 'whole', 200],
  ['chunks with trailers', `${CHUNKED}1\r\na\r\n0\r\nA: b\r\n\r\n`, 'whole', 200],
  ['chunks without the last one', `${CHUNKED}1\r\na\r\n`, 'cut', 200],
  ['a last chunk without its end', `${CHUNKED}1\r\na\r\n0\r\n`, 'cut', 200],
  ['a chunk longer than its size', `${CHUNKED}1\r\nab\r\n0\r\n\r\n`, /chunks/, 200],
  ['a chunk of no size', `${CHUNKED}z\r\n`, /size/, 200],
  ['a chunk size that ends with a bare LF', `${CHUNKED}1\na\r\n0\r\n\r\n`, /chunks/, 200],
  ['a body until the end of the connection', `${OK}\r\nall of it`, 'whole', 200],
  ['a 204 without a length', 'HTTP/1.1 204 No Content\r\n\r\n', 'whole', 204],
  ['a 304 that names a length', 'HTTP/1.1 304 X\r\nContent-Length: 9\r\n\r\n', 'whole', 304],
  [
    'an interim answer first',
    `HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n${OK}Content-Length: 1\r\n\r\na`,
    'whole',
    200,
  ],
  ['only an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n', 'cut', null],
  ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20), /interim/, null],
  ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', /switches/, null],
  ['half a head', OK, 'cut', null],
  ['nothing', '', 'cut', null],
  ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n', /not HTTP/, null],
  ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n', /not HTTP|status line/, null],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', /status line/, null],
  ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, /Content-Length/, 200],
  ['a length that is no number', `${OK}Content-Length: 1x\r\n\r\na`, /Content-Length/, 200],
  ['length and coding', `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, /both/, 200],
  ['a coding not known', `${OK}Transfer-Encoding: gzip\r\n\r\n`, /not chunked/, 200],
  ['a coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', /HTTP\/1.0/, 200],
  ['a line that is no field', `${OK}what\r\n\r\n`, /no field/, 200],
  ['a head without end', `${OK}A: ${'a'.repeat(HEAD_LIMIT_BYTES)}`, /larger than/, null],
  [
    'a body beyond the limit',
    `${OK}Content-Length: 99999999\r\n\r\n${'x'.repeat(BODY_LIMIT_BYTES)}`,
    'whole',
    200,
  ],
  ['a chunk beyond the limit', `${CHUNKED}FFFFFF\r\n${'x'.repeat(BODY_LIMIT_BYTES)}`, 'whole', 200],
  // A search that tries each blank with each other would not end within the time of a test.
  ['blanks before a bare line feed', `${OK}X:${' '.repeat(16_000)}\n\r\n\r\n`, /no field/, 200],
  [
    'blanks within a value and around it',
    `${OK}X: a${' '.repeat(8_000)}b\r\nContent-Length: \t 1 \t \r\n\r\nx`,
    'whole',
    200,
  ],
  ['a blank that is none around a length', `${OK}Content-Length: \u00a01\r\n\r\nx`, /one number/, 200],
  ['a trailer beyond its limit', `${CHUNKED}0\r\nA: ${'a'.repeat(5_000)}`, /too long/, 200],
];

describe.each([1, 7, 1_000_000])('an answer to a health check, in pieces of %d bytes', (step) => {
  it.each(CASES)('%s', (_name, text, verdict, status) => {
    const seen = read(text, step);
    if (typeof verdict === 'string') expect(seen.verdict).toBe(verdict);
    else expect(seen.verdict).toMatch(verdict);
    expect(seen.status).toBe(status);
  });
});

/** The body that is kept of an answer, and whether it went on. */
function kept(text: string, step: number): { readonly body: string; readonly isCut: boolean } {
  const response = new CheckResponse({ isBodiless: false, isKept: true });
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += step) {
    if (response.take(bytes.subarray(at, at + step))) break;
  }
  return { body: response.body.toString('latin1'), isCut: response.isCut };
}

describe.each([1, 7, 1_000_000])('the body of an answer, in pieces of %d bytes', (step) => {
  it.each([
    ['of the length said', `${OK}Content-Length: 4\r\n\r\nfine and more`, 'fine'],
    ['in chunks', `${CHUNKED}3\r\nabc\r\nA;x="y"\r\n0123456789\r\n0\r\nX: y\r\n\r\nmore`, 'abc0123456789'],
    ['until the end of the connection', `${OK}\r\nall of it`, 'all of it'],
    ['where there is none', `${OK}Content-Length: 0\r\n\r\nmore`, ''],
  ])('is kept without its framing %s', (_name, text, body) => {
    expect(kept(text, step)).toEqual({ body, isCut: false });
  });

  it('is kept as far as it is read', () => {
    const long = `${OK}Content-Length: 99999999\r\n\r\n${'x'.repeat(BODY_LIMIT_BYTES + 100)}`;
    const { body, isCut } = kept(long, step);
    expect(isCut).toBe(true);
    expect(body.length).toBeGreaterThanOrEqual(BODY_LIMIT_BYTES);
    expect(body.length).toBeLessThanOrEqual(BODY_LIMIT_BYTES + 100);
  });

  it('is not there in answers to HEAD, whatever length they tell', () => {
    for (const text of [`${OK}Content-Length: 4\r\n\r\n`, `${CHUNKED}`]) {
      const response = new CheckResponse({ isBodiless: true, isKept: false });
      expect(response.take(Buffer.from(text))).toBe(true);
    }
  });
});

it('keeps no body that nobody asks for', () => {
  const response = new CheckResponse({ isBodiless: false, isKept: false });
  response.take(Buffer.from(`${OK}Content-Length: 4\r\n\r\nfine`));
  expect(response.body).toHaveLength(0);
});
