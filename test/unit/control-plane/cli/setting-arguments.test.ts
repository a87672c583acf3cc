import { collectSetting } from '../../../../control-plane/cli/setting-arguments.js';

const settings = (...texts: readonly string[]) =>
  texts.reduce<Readonly<Record<string, unknown>>>((before, text) => collectSetting(text, before), {});

describe('settings on the command line', () => {
  it('stand beside each other, of any depth', () => {
    expect(settings('algorithm=random', 'a.b=1', 'a.c.d=10s', 'a.c.e=[1,2]', 'f=null')).toEqual({
      algorithm: 'random',
      a: { b: 1, c: { d: '10s', e: [1, 2] } },
      f: null,
    });
  });

  it('may have any name, which the other side then does not know', () => {
    expect(Object.entries(settings('__proto__=1', 'constructor.name=2'))).toEqual([
      ['__proto__', 1],
      ['constructor', { name: 2 }],
    ]);
  });

  it.each([
    [['a=1', 'a=2'], 'a is given twice'],
    [['a.b=1', 'a.b=2'], 'a.b is given twice'],
    [['a=1', 'a.b=2'], 'a.b is given twice'],
    [['a.b=1', 'a=2'], 'a is given twice'],
    [['a'], 'Expected KEY=VALUE'],
    [['A=1'], 'Expected KEY=VALUE'],
    [['a..b=1'], 'Expected KEY=VALUE'],
  ])('are refused when they are no settings: %j', (texts, message) => {
    expect(() => settings(...texts)).toThrow(message);
  });
});
