import { FIELD, FIELD_NAME_BYTES } from '../../../../../data-plane/http1/wire/fields.js';
import {
  atSectionEnd,
  beginTrailers,
  createTrailerState,
  isTrailerDone,
  stepTrailer,
} from '../../../../../data-plane/http1/wire/trailers.js';
import { TEST_LIMITS } from '../../../../support/http1-wire/transcript.js';

function read(text: string): string | null {
  const trailer = createTrailerState();
  beginTrailers(trailer);
  for (const byte of Buffer.from(text, 'latin1')) {
    const reason = stepTrailer(trailer, byte, TEST_LIMITS);
    if (reason !== null) return reason;
  }
  return isTrailerDone(trailer) ? 'done' : null;
}

describe('a trailer section', () => {
  it.each([
    '\r\n',
    'Grpc-Status: 0\r\nGrpc-Message:\r\n\r\n',
    'ETag:"x"\r\n\r\n',
    'Digest: \x80\t~ \r\n\r\n',
    `${'n'.repeat(FIELD_NAME_BYTES)}: v\r\n\r\n`,
    'X: y\r\n'.repeat(100) + '\r\n',
  ])('is read to its empty line: %j', (text) => {
    expect(read(text)).toBe('done');
  });

  it.each([
    ['\n', 'line_end'],
    ['\rX', 'line_end'],
    [' X: y\r\n', 'field_name'],
    [': y\r\n', 'field_name'],
    ['X : y\r\n', 'field_name'],
    ['X\r\n', 'field_name'],
    ['X\n', 'line_end'],
    ['X: a\0\r\n', 'field_value'],
    ['X: a\n', 'line_end'],
    ['X: a\rb', 'line_end'],
    ['\r\n\r\n', 'line_end'],
    [`${'n'.repeat(FIELD_NAME_BYTES + 1)}`, 'field_name_too_long'],
    ['X: y\r\n'.repeat(101), 'too_many_fields'],
    [`X: ${'y'.repeat(TEST_LIMITS.headBytes)}`, 'head_too_large'],
    ['content_length: 5\r\n', 'trailer_forbidden'],
  ])('is refused: %j', (text, reason) => {
    expect(read(text)).toBe(reason);
  });

  it.each([
    'Content-Length',
    'Transfer-Encoding',
    'Host',
    'Connection',
    'Trailer',
    'TE',
    'Upgrade',
    'Cookie',
    'Set-Cookie',
    'Authorization',
    'Content-Type',
    'CONTENT-ENCODING',
    'Content-Range',
    'Cache-Control',
    'Location',
    'If-Match',
    'X-Forwarded-For',
    'X-Forwarded-Anything-At-All-That-Is-Long-Enough-To-Pass-The-Sixty-Fourth-Byte',
    'Expect',
    'WWW-Authenticate',
  ])('must not hold %s (RFC 9110 §6.5.1)', (name) => {
    expect(read(`X: y\r\n${name}: 1\r\n\r\n`)).toBe('trailer_forbidden');
  });

  it('knows the line that ends it', () => {
    const trailer = createTrailerState();
    beginTrailers(trailer);
    const ends = [...Buffer.from('X: y\r\n\r\n', 'latin1')].map((byte) => {
      stepTrailer(trailer, byte, TEST_LIMITS);
      return atSectionEnd(trailer);
    });
    expect(ends).toEqual([false, false, false, false, false, false, true, true]);
    expect(FIELD.other).toBe(0);
  });
});
