import { refusalFor } from '../../../../data-plane/compat/parse-error.js';
import { Scratch } from '../../../../data-plane/http1/scratch.js';
import { FORWARDING } from '../../../support/routing-fixture.js';

const tables = new Scratch().tables(FORWARDING.limits);

function told(code: string, bytes?: string, bytesParsed?: number) {
  const rawPacket = bytes === undefined ? undefined : Buffer.from(bytes, 'latin1');
  return refusalFor({ code, rawPacket, bytesParsed }, tables);
}

const FIRST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('what node has refused', () => {
  it.each([
    ['FOO / HTTP/1.1\r\n', 1, 'not_implemented'],
    ['get / HTTP/1.1\r\n', 0, 'not_implemented'],
    ['G(T / HTTP/1.1\r\n', 1, 'bad_request'],
    ['\x16\x03\x01', 0, 'bad_request'],
    ['FO', 1, 'not_implemented'],
    [`${FIRST}FOO / HTTP/1.1\r\n`, FIRST.length + 1, 'not_implemented'],
    [`${FIRST}(`, FIRST.length, 'bad_request'],
  ])('is told by its method: %j', (bytes, parsed, code) => {
    expect(told('HPE_INVALID_METHOD', bytes, parsed)).toBe(code);
  });

  it.each([
    ['GET / HTTP/1.2\r\n\r\n', 14, 'unsupported_version'],
    ['GET / HTTP/1.10\r\n\r\n', 14, 'bad_request'],
    ['GET / HTTP/1\r\n\r\n', 12, 'bad_request'],
    ['GET / HTTP/1.1 \r\n\r\n', 14, 'bad_request'],
    ['GET / HTTP/1.1\nHost: a\r\n\r\n', 15, 'bad_request'],
    // The rest of a line whose beginning came before.
    ['x HTTP/1.2\r\n\r\n', 10, 'unsupported_version'],
    ['/ HTTP/1.2\r\n\r\n', 10, 'unsupported_version'],
  ])('is told by its version: %j', (bytes, parsed, code) => {
    expect(told('HPE_INVALID_VERSION', bytes, parsed)).toBe(code);
  });

  it('is told by what did not fit', () => {
    const target = `GET /${'a'.repeat(20_000)}`;
    expect(told('HPE_HEADER_OVERFLOW', target, target.length)).toBe('target_too_long');
    const field = `GET / HTTP/1.1\r\nX: ${'y'.repeat(20_000)}`;
    expect(told('HPE_HEADER_OVERFLOW', field, field.length)).toBe('head_too_large');
    const ended = `${target} HTTP/1.1\r\n`;
    expect(told('HPE_HEADER_OVERFLOW', ended, target.length)).toBe('head_too_large');
    expect(told('HPE_HEADER_OVERFLOW')).toBe('head_too_large');
    // What came last is shorter than any method.
    expect(told('HPE_HEADER_OVERFLOW', 'yyy', 3)).toBe('head_too_large');
  });

  it.each([
    ['HPE_PAUSED_H2_UPGRADE', 'not_implemented'],
    ['ERR_HTTP_REQUEST_TIMEOUT', 'request_timeout'],
    ['HPE_INVALID_EOF_STATE', 'ended'],
    ['HPE_INVALID_HEADER_TOKEN', 'bad_request'],
    ['HPE_INVALID_METHOD', 'not_implemented'],
    ['HPE_INVALID_VERSION', 'unsupported_version'],
    ['ECONNRESET', 'gone'],
  ])('is told by the code alone: %s', (code, refusal) => {
    expect(told(code)).toBe(refusal);
  });

  it('is told to nobody where there is no code', () => {
    expect(refusalFor({}, tables)).toBe('gone');
  });
});
