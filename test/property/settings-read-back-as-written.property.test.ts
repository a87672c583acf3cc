/** What holds for every declaration of settings, whatever it declares. */
import fc from 'fast-check';
import { processSection } from '../../control-plane/config/process-settings.js';
import { sectionSchema } from '../../control-plane/config/section-schema.js';
import { settingsOf, writtenOf } from '../../control-plane/config/settings-of.js';
import { backend, route } from '../../shared/settings/backend.js';
import { chosen, changed, changesBetween } from '../../shared/settings/choose.js';
import { completed } from '../../shared/settings/complete.js';
import { limits, retry, timeouts } from '../../shared/settings/forwarding.js';
import { pool } from '../../shared/settings/pool.js';
import { Expected, type Kind } from '../../shared/settings/kind.js';
import { shapeOf } from '../../shared/settings/shape-of.js';
import type { Section } from '../../shared/settings/section.js';
import { sameValue } from '../../control-plane/domain/same-value.js';
import { arbitrarySettings } from '../support/arbitrary-settings.js';

const PLACE = { pool: 'web', cores: 2, directory: '/' };

const SECTIONS: readonly (readonly [name: string, section: Section<object>])[] = [
  ['pools', pool],
  ['backends', backend],
  ['routes', route],
  ['timeouts', timeouts],
  ['limits', limits],
  ['retry', retry],
  ['processes', processSection],
];

/** Longer than anything that is stored, and valid but for that. */
const TOO_LONG = ['/', 'a', '#', '/x', 'fe80::1%', '__', '/(', 'http://fe80.'].map(
  (word) => word + 'a'.repeat(20_000),
);
TOO_LONG.push(`http://[fe80::1%${'a'.repeat(300)}]:80`, `fe80::1%${'a'.repeat(246)}`);

function kindsOf(section: Section<unknown>): readonly Kind<unknown>[] {
  return Object.values(section.fields).flatMap((field) =>
    field.is === 'value' ? [field.kind] : kindsOf(field.section),
  );
}

/** A list with one element more than may be stored; of other kinds none. */
function tooManyOf({ elements }: Kind<unknown>): readonly unknown[] {
  const element = ['200', '10.0.0.0/8'].find((word) => !(elements?.kind.read(word) instanceof Expected));
  return elements === undefined ? [] : Array.from({ length: elements.max + 1 }, () => element);
}

describe.each(SECTIONS)('settings of %s', (_name, section) => {
  const any = arbitrarySettings(section);

  it('have their shape', () => {
    fc.assert(fc.property(any, (settings) => shapeOf(section).problem(settings, '') === null));
  });

  it('read back as they are written, unless two of them do not go together', () => {
    let read = 0;
    fc.assert(
      fc.property(any, (settings) => {
        const parsed = sectionSchema(section).safeParse(writtenOf(section, settings));
        if (!parsed.success) {
          for (const { message } of parsed.error.issues) {
            expect(message).toMatch(/^expected (at (least|most) the |.*HEAD)/);
          }
          return;
        }
        read += 1;
        expect(settingsOf(section, parsed.data, PLACE)).toEqual(settings);
      }),
    );
    expect(read).toBeGreaterThan(5);
  });

  it('are refused where they could not be stored, however long they are', () => {
    for (const kind of kindsOf(section)) {
      for (const raw of [...TOO_LONG, ...TOO_LONG.map((word) => [word]), tooManyOf(kind)]) {
        const value = kind.read(raw);
        if (!(value instanceof Expected)) expect(kind.shape.problem(value, '')).toBeNull();
      }
    }
  });

  it('are whole already when nothing is missing', () => {
    fc.assert(
      fc.property(any, (settings) => {
        expect(completed(section, { ...settings }, PLACE)).toEqual(settings);
      }),
    );
  });

  it('can be put together from two, and changed from one into the other', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        expect(chosen(section, () => a)).toEqual(a);
        expect(changed(section, a, changesBetween(section, a, b, sameValue))).toEqual(b);
      }),
    );
  });
});
