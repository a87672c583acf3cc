import { codeOf, messageOf } from '../../../shared/error-text.js';

describe('an error', () => {
  it('is told by its message, anything else that was thrown by its text', () => {
    expect(messageOf(new Error('no room'))).toBe('no room');
    expect(messageOf('no room')).toBe('no room');
    expect(messageOf(null)).toBe('null');
  });

  it.each<[unknown, string | null]>([
    [Object.assign(new Error('in use'), { code: 'EADDRINUSE' }), 'EADDRINUSE'],
    [{ code: 'E' }, 'E'],
    [new DOMException('late', 'TimeoutError'), null],
    [new Error('x'), null],
    ['x', null],
    [null, null],
  ])('%p has the code %p', (error, code) => {
    expect(codeOf(error)).toBe(code);
  });
});
