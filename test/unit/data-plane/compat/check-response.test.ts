import { readResponse } from '../../../../data-plane/compat/check-response.js';
import { Scratch } from '../../../../data-plane/http1/scratch.js';
import { FORWARDING } from '../../../support/routing-fixture.js';

const tables = new Scratch().tables({ ...FORWARDING.limits, headerCount: 2 });
const facts = {
  httpVersion: '1.1',
  statusCode: 200,
  statusMessage: 'OK',
  rawHeaders: ['Content-Length', '5'],
};
const CHUNKED = ['transfer-Encoding', 'Chunked'];
const ASKED = { method: 'GET', upgrade: null };

describe('a response that a proxy can pass on', () => {
  it.each([
    [{}],
    [{ httpVersion: '1.0' }],
    [{ statusCode: 599, statusMessage: '' }],
    [{ statusMessage: 'Gr\xfc\xdfe\tan alle' }],
    [{ rawHeaders: CHUNKED }],
    [{ statusCode: 204, rawHeaders: [] }],
    [{ statusCode: 204, rawHeaders: CHUNKED }],
    [{ statusCode: 103, rawHeaders: ['Link', '</x>'] }],
  ])('may be %j', (changes) => {
    expect(readResponse(tables, { ...facts, ...changes }, ASKED)).not.toBeNull();
  });
});

describe('a response that a proxy must not pass on', () => {
  it.each([
    [{ httpVersion: '2.0' }],
    [{ httpVersion: '1.2' }],
    [{ statusCode: 600 }],
    [{ statusCode: undefined, statusMessage: undefined }],
    [{ statusMessage: 'O\0K' }],
    [{ statusMessage: 'O\x7fK' }],
    [{ rawHeaders: ['a', '', 'b', '', 'c', ''] }],
    [{ rawHeaders: ['Transfer-Encoding', 'gzip'] }],
    [{ rawHeaders: ['Transfer-Encoding', ''] }],
    [{ rawHeaders: [...CHUNKED, ...CHUNKED] }],
    [{ rawHeaders: CHUNKED, httpVersion: '1.0' }],
    [{ rawHeaders: CHUNKED, statusCode: 101 }],
    [{ rawHeaders: ['Connection', 'close'], statusCode: 103 }],
  ])('is %j', (changes) => {
    expect(readResponse(tables, { ...facts, ...changes }, ASKED)).toBeNull();
  });
});

describe('a switch of protocols', () => {
  const switchTo = (protocol: string, upgrade: string | null) =>
    readResponse(
      tables,
      { ...facts, statusCode: 101, rawHeaders: ['Connection', 'upgrade', 'UPGRADE', protocol] },
      { method: 'GET', upgrade },
    ) !== null;

  it('goes to the one that was asked for, and to no other', () => {
    expect(switchTo('WebSocket', 'websocket')).toBe(true);
    expect(switchTo('tcp', 'TCP')).toBe(true);
    expect(switchTo('h2c', 'websocket')).toBe(false);
    expect(switchTo('spdy', 'tcp')).toBe(false);
    expect(switchTo('websocket', null)).toBe(false);
  });
});
