import {
  beginBody,
  createBodyReader,
  endOfInput,
  readBody,
  type BodyReader,
} from '../../../../../data-plane/http1/wire/body-reader.js';
import { CHUNKED_OUTPUT } from '../../../../../data-plane/http1/wire/chunked.js';
import { BODY, type BodyKind } from '../../../../../data-plane/http1/wire/framing.js';
import { createSegments } from '../../../../../data-plane/http1/wire/segments.js';
import { TEST_LIMITS } from '../../../../support/http1-wire/transcript.js';

function begin(body: BodyKind, contentLength = -1): BodyReader {
  const reader = createBodyReader(TEST_LIMITS, createSegments());
  beginBody(reader, { body, contentLength }, CHUNKED_OUTPUT.chunks);
  return reader;
}

const feed = (reader: BodyReader, text: string): number =>
  readBody(reader, Buffer.from(text, 'latin1'), 0, text.length);

describe('a body', () => {
  it('that is none is done at once and takes nothing', () => {
    const reader = begin(BODY.none);
    expect(reader.done).toBe(true);
    expect(feed(reader, 'abc')).toBe(0);
    expect(reader.segments.count).toBe(0);
    expect(endOfInput(reader)).toBeNull();
  });

  it('of a length takes as many bytes and leaves the rest', () => {
    const reader = begin(BODY.length, 5);
    expect(feed(reader, 'abc')).toBe(3);
    expect(reader).toMatchObject({ done: false, remaining: 2, contentBytes: 3 });
    expect(feed(reader, '')).toBe(0);
    expect(feed(reader, 'defg')).toBe(2);
    expect(reader).toMatchObject({ done: true, contentBytes: 5 });
    expect([...reader.segments.bounds.subarray(0, 2)]).toEqual([0, 2]);
    expect(feed(reader, 'x')).toBe(0);
  });

  it('of a length is truncated if the connection ends before', () => {
    const reader = begin(BODY.length, 5);
    feed(reader, 'abc');
    expect(endOfInput(reader)).toBe('truncated');
  });

  it('in chunks ends with its last chunk', () => {
    const reader = begin(BODY.chunked);
    expect(feed(reader, '3\r\nabc\r\n0\r\n\r\nGET')).toBe(13);
    expect(reader).toMatchObject({ done: true, contentBytes: 3 });
    expect(endOfInput(reader)).toBeNull();
  });

  it('in chunks is truncated without its last chunk, and takes nothing after a refusal', () => {
    const reader = begin(BODY.chunked);
    feed(reader, '3\r\nabc\r\n');
    expect(endOfInput(reader)).toBe('truncated');
    const broken = begin(BODY.chunked);
    feed(broken, '3\r\nabcd');
    expect(broken.refusal).toBe('chunk_end');
    expect(feed(broken, '\r\n')).toBe(0);
    expect(endOfInput(broken)).toBe('chunk_end');
  });

  it('until close is done when the connection ends', () => {
    const reader = begin(BODY.untilClose);
    expect(feed(reader, 'abc')).toBe(3);
    expect(reader.done).toBe(false);
    expect(endOfInput(reader)).toBeNull();
    expect(reader).toMatchObject({ done: true, contentBytes: 3 });
  });

  it('of a length beyond the limit is refused at once', () => {
    const reader = createBodyReader(TEST_LIMITS, createSegments());
    beginBody(reader, { body: BODY.length, contentLength: 6 }, CHUNKED_OUTPUT.chunks, 5);
    expect(reader.refusal).toBe('body_too_large');
    expect(feed(reader, 'abcdef')).toBe(0);
    beginBody(reader, { body: BODY.length, contentLength: 5 }, CHUNKED_OUTPUT.chunks, 5);
    expect(reader.refusal).toBeNull();
  });

  it('in chunks is refused when its content grows beyond the limit, whatever its framing takes', () => {
    const reader = createBodyReader(TEST_LIMITS, createSegments());
    beginBody(reader, { body: BODY.chunked, contentLength: -1 }, CHUNKED_OUTPUT.chunks, 5);
    feed(reader, '00000003;a=b\r\nabc\r\n2\r\nde\r\n');
    expect(reader.refusal).toBeNull();
    feed(reader, '1\r\n');
    expect(reader.refusal).toBeNull();
    feed(reader, 'f');
    expect(reader.refusal).toBe('body_too_large');
  });
});
