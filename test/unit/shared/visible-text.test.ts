import { parseVisible, visibleText } from '../../../shared/visible-text.js';

describe('text from elsewhere', () => {
  it.each([
    ['an escape sequence', 'a\u001b[31mred', 'a\ufffd[31mred'],
    ['the one-byte form of it', 'a\u009b31mred', 'a\ufffd31mred'],
    ['a carriage return that would overwrite the line', 'bad\rok', 'bad\ufffdok'],
    ['a turn of the direction of writing', 'a\u202eb', 'a\ufffdb'],
  ])('loses %s', (_name, text, visible) => {
    expect(visibleText(text)).toBe(visible);
  });

  it('keeps line breaks and all that can be seen', () => {
    const text = 'a line\nanother — with ünïcode, 日本 and 👍';
    expect(visibleText(text)).toBe(text);
  });

  it('is made visible wherever it stands in a document', () => {
    const json = JSON.stringify({ a: ['\u001b', { b: '\u0007' }], n: 1, none: null });
    expect(parseVisible(json)).toEqual({ a: ['\ufffd', { b: '\ufffd' }], n: 1, none: null });
  });
});
