import { sourceTexts } from '../support/source-tree.js';

const MAX_LINES = 300;

describe('source files', () => {
  it(`have at most ${MAX_LINES} lines`, () => {
    const long = sourceTexts()
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });

  it('begin by saying what they are for', () => {
    const mute = sourceTexts().filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text));
    expect(mute.map(({ path }) => path)).toEqual([]);
  });
});
