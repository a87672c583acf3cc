/** Moves settings that files or logs contain in their second place to the place where they belong. */
import { assert } from '../assert.js';
import type { GroupField, SecondPlace, Section, ValueField } from './section.js';

type Settings = Readonly<Record<string, unknown>>;

/** The moved setting, and the group that now contains it. */
export function movedTo(
  { fields }: Section<unknown>,
  { movedTo: [key, inner] }: SecondPlace,
): { readonly group: GroupField<unknown>; readonly field: ValueField<unknown> } {
  const group = fields[key];
  const field = group?.is === 'group' ? group.section.fields[inner] : undefined;
  assert(group?.is === 'group' && field?.is === 'value', `${key}.${inner} is no setting of a group`);
  return { group, field };
}

/**
 * The same settings, each where it belongs.
 * @param spelt whether keys and second places have their names in the file or in the log
 */
export function moved(
  section: Section<unknown>,
  settings: Settings,
  spelt: 'as in the file' | 'as in the log',
): Settings {
  return section.secondPlaces.reduce((before, second) => {
    const from = spelt === 'as in the file' ? second.name : second.key;
    if (before[from] === undefined) return before;
    const { group, field } = movedTo(section, second);
    const [into, as] = spelt === 'as in the file' ? [group.name, field.name] : second.movedTo;
    const { [from]: value, ...rest } = before;
    return { ...rest, [into]: { [as]: value, ...(rest[into] as Settings | undefined) } };
  }, settings);
}
