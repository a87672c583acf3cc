import {
  FIELD,
  createFieldTable,
  fieldKind,
  firstLine,
  lineName,
  lineStart,
  lineValue,
  scanFields,
  type FieldTable,
} from '../../../../../data-plane/http1/wire/fields.js';

function scan(text: string, capacity = 10): { table: FieldTable; reason: string | null } {
  const table = createFieldTable(capacity);
  const reason = scanFields(table, Buffer.from(`...${text}`, 'latin1'), 3, 3);
  return { table, reason };
}

const kindOf = (name: string): number => fieldKind(Buffer.from(name, 'latin1'), 0, name.length);

describe('a field name', () => {
  it.each([
    ['Host', FIELD.host],
    ['CONNECTION', FIELD.connection],
    ['content-length', FIELD.contentLength],
    ['Transfer-Encoding', FIELD.transferEncoding],
    ['upgrade', FIELD.upgrade],
    ['Expect', FIELD.expect],
    ['TE', FIELD.te],
    ['Trailer', FIELD.trailer],
    ['Keep-Alive', FIELD.keepAlive],
    ['Proxy-Connection', FIELD.proxyConnection],
    ['Proxy-Authenticate', FIELD.proxyAuthenticate],
    ['Proxy-Authorization', FIELD.proxyAuthorization],
    ['HTTP2-Settings', FIELD.http2Settings],
    ['Cookie', FIELD.cookie],
    ['Set-Cookie', FIELD.setCookie],
    ['X-Forwarded-For', FIELD.xForwardedFor],
    ['X-Forwarded-Proto', FIELD.xForwardedProto],
    ['X-Forwarded-Host', FIELD.xForwardedHost],
    ['X-Forwarded-Port', FIELD.xForwardedOther],
    ['X-Forwarded-Tls-Client-Cert-And-Much-More', FIELD.xForwardedOther],
    ['Forwarded', FIELD.forwarded],
    ['X-Real-IP', FIELD.xRealIp],
    ['X-Request-Id', FIELD.xRequestId],
    ['Max-Forwards', FIELD.maxForwards],
    ['DATE', FIELD.date],
    ['X-Forwarded-', FIELD.other],
    ['X-Forwarded_For', FIELD.other],
    ['Content_Length', FIELD.other],
    ['Content-Lengthx', FIELD.other],
    ['Hosts', FIELD.other],
    ['Hose', FIELD.other],
    ['(ost', FIELD.other],
    ['', FIELD.other],
    ['x'.repeat(40), FIELD.other],
  ])('is recognised in any case: %s', (name, kind) => {
    expect(kindOf(name)).toBe(kind);
  });

  it('is never taken for another of the same length and first letter', () => {
    const kinds = Object.entries(FIELD).filter(([name]) => name !== 'other' && name !== 'xForwardedOther');
    expect(kinds).toHaveLength(23);
  });
});

describe('header lines', () => {
  it('are found where they stand', () => {
    const { table, reason } = scan('Host: a\r\nX_Y:\t b \t\r\nhost:c\r\n\r\n');
    const text = 'Host: a\r\nX_Y:\t b \t\r\nhost:c\r\n\r\n';
    expect(reason).toBeNull();
    expect([0, 1, 2].map((line) => [lineName(table, text, line), lineValue(table, text, line)])).toEqual([
      ['Host', 'a'],
      ['X_Y', 'b'],
      ['host', 'c'],
    ]);
    expect(lineStart(table, 1)).toBe(9);
    expect([...table.underscored.subarray(0, 3)]).toEqual([0, 1, 0]);
    expect(table).toMatchObject({ count: 3, anyUnderscore: true, repeated: 1 << FIELD.host });
  });

  it('are found by kind', () => {
    const { table } = scan('X: y\r\nCookie: a\r\nCookie: b\r\n\r\n');
    expect(firstLine(table, FIELD.cookie)).toBe(1);
    expect(firstLine(table, FIELD.host)).toBe(-1);
  });

  it('are refused beyond their number, not cut off (CVE-2026-58044)', () => {
    expect(scan('A: b\r\nC: d\r\n\r\n', 2).reason).toBeNull();
    expect(scan('A: b\r\nC: d\r\nContent-Length: 5\r\n\r\n', 2)).toMatchObject({
      reason: 'too_many_fields',
      table: { count: 0 },
    });
  });

  it('may have names of up to 255 bytes', () => {
    expect(scan(`${'n'.repeat(255)}: v\r\n\r\n`).reason).toBeNull();
    expect(scan(`${'n'.repeat(256)}: v\r\n\r\n`).reason).toBe('field_name_too_long');
  });
});
