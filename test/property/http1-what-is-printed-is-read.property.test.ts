/** Law: a message written by the rules is accepted, and read as the parts that it was written from. */
import fc from 'fast-check';
import { transcribe } from '../support/http1-wire/transcript.js';

const TOKEN = "!#$%&'*+-.^`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const token = fc.string({ unit: fc.constantFrom(...TOKEN.split('')), minLength: 1, maxLength: 20 });
/** Not one that the parser reads for itself. */
const name = token.map((text) => `Y-${text}`);
const value = fc
  .array(fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f))
  .map((codes) => String.fromCharCode(...codes).replace(/^[ \t]+|[ \t]+$/g, ''));
const field = fc.tuple(name, value);
const content = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', ';', '\xff'), maxLength: 40 });
const target = fc
  .string({ unit: fc.constantFrom(..."/aZ09-._~!$&'()*+,;=:@".split('')), maxLength: 30 })
  .map((path) => `/a${path.replaceAll('..', '.')}`);
const framing = fc.constantFrom('none', 'length', 'chunked');

function body(kind: string, text: string): { fields: string; bytes: string; length: number } {
  if (kind === 'none') return { fields: '', bytes: '', length: 0 };
  if (kind === 'length') {
    return { fields: `Content-Length: ${text.length}\r\n`, bytes: text, length: text.length };
  }
  const chunk = text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`;
  return { fields: 'Transfer-Encoding: chunked\r\n', bytes: `${chunk}0\r\n\r\n`, length: text.length };
}

describe('what is printed', () => {
  it('is read: requests', () => {
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH');
    fc.assert(
      fc.property(
        method,
        target,
        fc.array(field, { maxLength: 8 }),
        framing,
        content,
        (verb, path, fields, kind, text) => {
          fc.pre(!/(?:^|[/;])\.{1,2}(?:[/;]|$)/.test(path));
          const { fields: extra, bytes, length } = body(kind, text);
          const lines = fields.map(([key, val]) => `${key}: ${val}\r\n`).join('');
          const printed = `${verb} ${path} HTTP/1.1\r\nHost: a\r\n${lines}${extra}\r\n${bytes}`;
          const { messages, refusal } = transcribe(`${printed}GET /next`, { side: 'request' });
          expect(refusal).toBeNull();
          expect(messages).toHaveLength(1);
          expect(messages[0]).toMatchObject({
            start: `${verb} ${path}`,
            contentBytes: length,
            forwarded: printed,
            whole: true,
          });
          expect(messages[0]?.fields.slice(2, 2 + fields.length * 2)).toEqual(fields.flat());
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('is read: responses', () => {
    const status = fc.integer({ min: 200, max: 599 }).filter((code) => code !== 204 && code !== 304);
    fc.assert(
      fc.property(
        status,
        value,
        fc.array(field, { maxLength: 8 }),
        framing,
        content,
        (code, reason, fields, kind, text) => {
          const { fields: extra, bytes, length } = body(kind === 'none' ? 'length' : kind, text);
          const lines = fields.map(([key, val]) => `${key}: ${val}\r\n`).join('');
          const printed = `HTTP/1.1 ${code} ${reason}\r\n${lines}${extra}\r\n${bytes}`;
          const { messages, refusal } = transcribe(printed, { side: 'response' });
          expect(refusal).toBeNull();
          expect(messages).toHaveLength(1);
          expect(messages[0]).toMatchObject({
            start: String(code),
            contentBytes: length,
            forwarded: printed,
            whole: true,
          });
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
