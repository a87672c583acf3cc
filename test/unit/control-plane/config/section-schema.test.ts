import { configuredBy } from '../../../support/schema-of-section.js';
import { completed, NO_OWNER } from '../../../../shared/settings/complete.js';
import { integer } from '../../../../shared/settings/amounts.js';
import { derived, group, section, setting } from '../../../../shared/settings/section.js';
import { shapeOf } from '../../../../shared/settings/shape-of.js';

const number = integer(1, 9);
const means = 'A number.';

/** A setting of its own, and one that has moved into a group. */
const SECTION = section(
  {
    kind: setting('kind', number, 1, { means }),
    inner: group(
      'inner',
      section(
        {
          size: derived('size', number, { means, defaultText: '5' }),
          more: setting('more', number, 2, { means }),
        },
        { derive: { size: () => 5 } },
      ),
      'A group.',
    ),
  },
  {
    rules: [
      {
        at: ['inner', 'more'],
        holds: ({ kind, inner }) => kind !== 9 || (inner as { readonly more?: number }).more !== 9,
        otherwise: 'expected no 9 with kind 9',
      },
    ],
    secondPlaces: [{ name: 'inner_size', key: 'innerSize', movedTo: ['inner', 'size'] }],
  },
);

describe('a setting that has moved into a group', () => {
  it.each([
    ['its place', { inner: { size: 7 } }, { size: 7, more: 2 }],
    ['its second place', { inner_size: 7 }, { size: 7, more: 2 }],
    ['its second place beside others', { inner_size: 7, inner: { more: 3 } }, { size: 7, more: 3 }],
    ['neither place', {}, { size: 5, more: 2 }],
  ])('is read from %s', (_where, file, inner) => {
    expect(configuredBy(SECTION, file)).toEqual({ kind: 1, inner });
  });

  it('is refused where both places say it, even if they agree', () => {
    expect(configuredBy(SECTION, { inner_size: 5, inner: { size: 5 } })).toEqual([
      'inner_size: expected one of inner_size and inner.size, not both: they mean the same',
    ]);
  });

  it('has the same bounds in both', () => {
    expect(configuredBy(SECTION, { inner_size: 10 })).toEqual([
      'inner_size: expected a whole number from 1 to 9',
    ]);
  });

  it('is brought to its place from the log of a release that held it elsewhere', () => {
    const stored = { kind: 2, innerSize: 7 };
    expect(shapeOf(SECTION, 'stored').problem(stored, 'log')).toBeNull();
    expect(completed(SECTION, stored, NO_OWNER)).toEqual({ kind: 2, inner: { size: 7, more: 2 } });
    expect(shapeOf(SECTION, 'stored').problem({ innerSize: 10 }, 'log')).toMatch(/^log.innerSize: /);
  });
});

describe('a rule of a section', () => {
  it('is told where it says, beside other problems', () => {
    expect(configuredBy(SECTION, { kind: 9, inner: { more: 9, size: 0 } })).toEqual([
      'inner.size: expected a whole number from 1 to 9',
      'inner.more: expected no 9 with kind 9',
    ]);
  });
});
