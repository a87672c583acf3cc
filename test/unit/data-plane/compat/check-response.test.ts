import { isPlainResponse, isSwitchTo } from '../../../../data-plane/compat/check-response.js';

const facts = {
  httpVersion: '1.1',
  statusCode: 200,
  statusMessage: 'OK',
  rawHeaders: ['Content-Length', '5'],
};
const CHUNKED = ['transfer-Encoding', 'Chunked'];

describe('a response that a proxy can pass on', () => {
  it.each([
    [{}],
    [{ httpVersion: '1.0' }],
    [{ statusCode: 599, statusMessage: '' }],
    [{ statusMessage: 'Gr\xfc\xdfe\tan alle' }],
    [{ rawHeaders: CHUNKED }],
    [{ statusCode: 204, rawHeaders: [] }],
  ])('may be %j', (changes) => {
    expect(isPlainResponse({ ...facts, ...changes }, 2)).toBe(true);
  });
});

describe('a response that a proxy must not pass on', () => {
  it.each([
    [{ httpVersion: '2.0' }],
    [{ httpVersion: '1.2' }],
    [{ statusCode: 600 }],
    [{ statusMessage: 'O\0K' }],
    [{ statusMessage: 'O\x7fK' }],
    [{ rawHeaders: ['a', '', 'b', '', 'c', ''] }],
    [{ rawHeaders: ['Transfer-Encoding', 'gzip'] }],
    [{ rawHeaders: ['Transfer-Encoding', ''] }],
    [{ rawHeaders: [...CHUNKED, ...CHUNKED] }],
    [{ rawHeaders: CHUNKED, httpVersion: '1.0' }],
    [{ rawHeaders: CHUNKED, statusCode: 204 }],
    [{ rawHeaders: CHUNKED, statusCode: 101 }],
  ])('is %j', (changes) => {
    expect(isPlainResponse({ ...facts, ...changes }, 2)).toBe(false);
  });
});

describe('a switch of protocols', () => {
  it('goes to the one that was asked for, and to no other', () => {
    expect(isSwitchTo(['UPGRADE', 'WebSocket'], 'websocket')).toBe(true);
    expect(isSwitchTo(['Upgrade', 'h2c'], 'websocket')).toBe(false);
    expect(isSwitchTo(['Upgrade', 'websocket', 'Upgrade', 'h2c'], 'websocket')).toBe(false);
    expect(isSwitchTo(['X-Header', 'websocket'], 'websocket')).toBe(false);
  });
});
