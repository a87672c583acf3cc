import { Expected } from '../../../shared/settings/kind.js';
import { requestFields } from '../../../shared/settings/request-fields.js';

const SPLITTING = ['\r', '\n', '\r\n', '\0', '\x0b', '\x7f', '\u0100', '\u010a', '\u2028'];

describe('header fields from a file', () => {
  it('are held as they are written', () => {
    const fields = { 'X-Check': 'a, b\tc', authorization: 'Bearer x', 'X-Empty': '', 'x-old': 'ÿ é' };
    expect(requestFields.read(fields)).toEqual(fields);
  });

  it.each(SPLITTING)('have no %j in a value, wherever it comes from', (cut) => {
    for (const value of [`a${cut}b`, `${cut}b`, `a${cut}`]) {
      expect(requestFields.read({ 'X-A': value })).toBeInstanceOf(Expected);
      expect(requestFields.shape.problem({ 'X-A': value }, 'log')).toMatch(/^log.X-A: expected visible/);
    }
  });

  it.each([...SPLITTING, ':', ' ', '\t', '', '(', 'é'])('have no %j in a name', (cut) => {
    expect(requestFields.read({ [cut === '' ? '' : `X${cut}A`]: 'a' })).toBeInstanceOf(Expected);
  });

  it.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'TRAILER',
    'Expect',
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'TE',
    'Upgrade',
    'HTTP2-Settings',
  ])('leave %s to us', (name) => {
    const read = requestFields.read({ [name]: 'a' });
    expect(read).toBeInstanceOf(Expected);
    expect((read as Expected).ofKeys.get(name)).toMatch(/^expected no /);
  });

  it('are bounded in number and length', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-${n}`, '']));
    expect(requestFields.read(many(32))).not.toBeInstanceOf(Expected);
    expect(requestFields.read(many(33))).toBeInstanceOf(Expected);
    expect(requestFields.read({ ['x'.repeat(128)]: 'a'.repeat(2_048) })).not.toBeInstanceOf(Expected);
    expect(requestFields.read({ ['x'.repeat(129)]: '' })).toBeInstanceOf(Expected);
    expect(requestFields.read({ x: 'a'.repeat(2_049) })).toBeInstanceOf(Expected);
  });

  it.each([null, [], 'X-A: a', 1])('are a mapping, not %j', (raw) => {
    expect(requestFields.read(raw)).toBeInstanceOf(Expected);
  });
});
