import { formatTable, widthOf } from '../../../../control-plane/cli/table.js';

describe('a table', () => {
  it('has columns as wide as their widest cell, and no blanks at line ends', () => {
    expect(
      formatTable(
        ['ID', 'STATE', 'WHY'],
        [
          ['a', 'available', 'fine'],
          ['longer', 'x', ''],
        ],
      ),
    ).toEqual(['ID      STATE      WHY', 'a       available  fine', 'longer  x']);
  });

  it('does not count colours as width', () => {
    const red = '\u001b[31mno\u001b[39m';
    expect(
      formatTable(
        ['A', 'B'],
        [
          [red, 'x'],
          ['four', 'y'],
        ],
      ),
    ).toEqual(['A     B', `${red}    x`, 'four  y']);
  });

  it('counts characters, not code units', () => {
    expect(widthOf('é😀e\u0301')).toBe(3);
  });

  it('cuts its last column where lines would be too long', () => {
    expect(formatTable(['A', 'B'], [['x', 'y'.repeat(50)]], 30)[1]).toBe(`x  ${'y'.repeat(26)}…`);
    expect(formatTable(['A', 'B'], [['x', 'y'.repeat(27)]], 30)[1]).toBe(`x  ${'y'.repeat(27)}`);
  });

  it('leaves its last column a readable width in a narrow terminal', () => {
    expect(formatTable(['A', 'B'], [['x'.repeat(20), 'y'.repeat(50)]], 10)[1]).toBe(
      `${'x'.repeat(20)}  ${'y'.repeat(19)}…`,
    );
  });

  it('of headings alone is one line', () => {
    expect(formatTable(['A', 'B'], [])).toEqual(['A  B']);
  });

  it('fills up rows that are too short', () => {
    expect(formatTable(['A', 'B'], [['x']])).toEqual(['A  B', 'x']);
  });
});
