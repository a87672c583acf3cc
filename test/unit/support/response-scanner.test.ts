import { MalformedResponse, ResponseScanner, fieldOf } from '../../support/response-scanner.js';

const scan = (bytes: string, step = bytes.length): { status: number; body: string; keepAlive: boolean }[] => {
  const scanner = new ResponseScanner({ keepBodies: true });
  const found = [];
  for (let at = 0; at < bytes.length; at += step) {
    found.push(...scanner.push(Buffer.from(bytes.slice(at, at + step), 'latin1')));
  }
  return found.map(({ status, body, keepAlive }) => ({ status, body: body.toString(), keepAlive }));
};

const STREAM =
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' +
  'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n' +
  'HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nt: 1\r\n\r\n' +
  'HTTP/1.1 204 No Content\r\n\r\n' +
  'HTTP/1.1 200\r\ncontent-length: 0\r\nConnection: foo, Close\r\n\r\n';

describe('ResponseScanner', () => {
  it.each([STREAM.length, 1, 2, 7])(
    'cuts a stream into its responses when it comes %d bytes at a time',
    (step) => {
      expect(scan(STREAM, step)).toEqual([
        { status: 200, body: 'hello', keepAlive: true },
        { status: 404, body: 'abc0123456789', keepAlive: true },
        { status: 204, body: '', keepAlive: true },
        { status: 200, body: '', keepAlive: false },
      ]);
    },
  );

  it('ends a response without length when the connection ends', () => {
    const scanner = new ResponseScanner({ keepBodies: true });
    expect(scanner.push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nso far'))).toEqual([]);
    expect(scanner.end()).toMatchObject({ status: 200, keepAlive: false, bodyBytes: 6 });
    expect(scanner.midway).toBe(false);
  });

  it.each(['HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell'])(
    'tells that a response was cut: %j',
    (bytes) => {
      const scanner = new ResponseScanner({ keepBodies: false });
      expect(scanner.push(Buffer.from(bytes))).toEqual([]);
      expect(scanner.end()).toBeNull();
      expect(scanner.midway).toBe(true);
    },
  );

  it('reads no body after a HEAD request, once', () => {
    const scanner = new ResponseScanner({ keepBodies: true });
    scanner.expectNoBody();
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n';
    expect(scanner.push(Buffer.from(`${head}${head}ok`)).map(({ bodyBytes }) => bodyBytes)).toEqual([0, 2]);
  });

  it('counts bodies that it does not keep', () => {
    const scanner = new ResponseScanner({ keepBodies: false });
    const [response] = scanner.push(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
    expect(response).toMatchObject({ bodyBytes: 2, body: Buffer.alloc(0) });
  });

  it('keeps an HTTP/1.0 connection only when told to', () => {
    expect(scan('HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n')[0]?.keepAlive).toBe(false);
    expect(scan('HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n')[0]?.keepAlive).toBe(
      true,
    );
  });

  it.each([
    ['a line that is no status line', 'SSH-2.0-x\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
    ['a chunk size that is no number', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    [
      'a chunk that is longer than its size',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n',
    ],
    ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}`],
    [
      'a chunk line without end',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1'.repeat(70_000)}`,
    ],
  ])('refuses %s', (_name, bytes) => {
    expect(() => scan(bytes)).toThrow(MalformedResponse);
  });
});

describe('fieldOf', () => {
  it('finds a field whatever its case, and says when there is none', () => {
    expect(fieldOf('HTTP/1.1 200 OK\r\nX-A:  b \r\nc: d', 'x-a')).toBe('b');
    expect(fieldOf('HTTP/1.1 200 OK\r\nX-A: b', 'x')).toBeNull();
  });
});
