import {
  VERSION_BROKEN,
  VERSION_UNKNOWN,
  readVersion,
} from '../../../../../data-plane/http1/wire/version.js';

describe('a version', () => {
  it.each([
    ['HTTP/1.1', 1],
    ['HTTP/1.0', 0],
    ['HTTP/1.2', VERSION_UNKNOWN],
    ['HTTP/0.9', VERSION_UNKNOWN],
    ['HTTP/2.0', VERSION_UNKNOWN],
    ['HTTP/3.1', VERSION_UNKNOWN],
    ['hTTP/1.1', VERSION_BROKEN],
    ['HtTP/1.1', VERSION_BROKEN],
    ['HTtP/1.1', VERSION_BROKEN],
    ['HTTp/1.1', VERSION_BROKEN],
    ['HTTP\\1.1', VERSION_BROKEN],
    ['HTTP/:.1', VERSION_BROKEN],
    ['HTTP/ .1', VERSION_BROKEN],
    ['HTTP/1,1', VERSION_BROKEN],
    ['HTTP/1.:', VERSION_BROKEN],
    ['HTTP/1. ', VERSION_BROKEN],
    ['HTTP/1.', VERSION_BROKEN],
    ['HTTP/', VERSION_BROKEN],
    ['', VERSION_BROKEN],
  ])('is read strictly: %j', (text, minor) => {
    expect(readVersion(Buffer.from(text, 'latin1'), 0)).toBe(minor);
  });
});
