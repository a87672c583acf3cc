import {
  beginEdits,
  buildHead,
  createHeadEdits,
  editLine,
} from '../../../../../data-plane/http1/wire/head-edits.js';
import {
  createRequestHead,
  parseRequestHead,
  type RequestHead,
} from '../../../../../data-plane/http1/wire/request-head.js';
import { TEST_LIMITS } from '../../../../support/http1-wire/transcript.js';

const TEXT = 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\n\r\n';

function headOf(text: string): RequestHead {
  const head = createRequestHead(TEST_LIMITS);
  expect(parseRequestHead(head, Buffer.from(text, 'latin1'), 0, text)).toBeNull();
  return head;
}

describe('the head that is sent on', () => {
  it('is the one that came, where nothing is edited', () => {
    expect(buildHead(headOf(TEXT), createHeadEdits(10), 0)).toBe(TEXT);
  });

  it.each([
    [[], 'A: b\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\nA: b\r\n\r\n'],
    [[0], '', 'GET / HTTP/1.1\r\nX: 1\r\nY: 2\r\n\r\n'],
    [[1], '', 'GET / HTTP/1.1\r\nHost: a\r\nY: 2\r\n\r\n'],
    [[2], 'A: b\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nA: b\r\n\r\n'],
    [[0, 1, 2], '', 'GET / HTTP/1.1\r\n\r\n'],
    [[0, 2], 'A: b\r\n', 'GET / HTTP/1.1\r\nX: 1\r\nA: b\r\n\r\n'],
  ])('lacks the lines %j and gains %j', (dropped, appended, expected) => {
    const edits = createHeadEdits(10);
    for (const line of dropped) editLine(edits, line, '');
    edits.appended = appended;
    expect(buildHead(headOf(TEXT), edits, 0)).toBe(expected);
  });

  it('has lines replaced in their place, and another start line', () => {
    const edits = createHeadEdits(10);
    editLine(edits, 0, 'Host: z\r\n');
    editLine(edits, 2, 'Y: 3\r\nZ: 4\r\n');
    expect(buildHead(headOf(TEXT), edits, 'GET /z HTTP/1.1\r\n')).toBe(
      'GET /z HTTP/1.1\r\nHost: z\r\nX: 1\r\nY: 3\r\nZ: 4\r\n\r\n',
    );
  });

  it('forgets the edits of the one before', () => {
    const edits = createHeadEdits(10);
    editLine(edits, 0, '');
    edits.appended = 'A: b\r\n';
    beginEdits(edits);
    expect(buildHead(headOf(TEXT), edits, 0)).toBe(TEXT);
  });
});
