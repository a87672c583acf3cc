/** Describes the difference between two settings, in the words and units of the configuration file. */
import type { Field, Section } from '#shared/settings/section.js';

/** How many changes are described. Further ones are only counted. */
const TOLD_CHANGES = 6;

type Settings = Readonly<Record<string, unknown>>;

/** For example `algorithm round-robin → random, health_check.interval 300ms → 500ms`; empty if nothing differs. */
export function settingsChange<T>(section: Section<T>, before: T, after: T): string {
  const changes = changesIn(section, before as Settings, after as Settings, '');
  const more = changes.length - TOLD_CHANGES;
  return changes.slice(0, TOLD_CHANGES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function changesIn(section: Section<unknown>, before: Settings, after: Settings, prefix: string): string[] {
  return Object.entries(section.fields).flatMap(([key, field]) =>
    changesOf(field, before[key], after[key], `${prefix}${field.name}`),
  );
}

function changesOf(field: Field, before: unknown, after: unknown, name: string): string[] {
  if (field.is === 'group' || (field.is === 'switch' && isOn(before) && isOn(after))) {
    return changesIn(field.section, settingsIn(before), settingsIn(after), `${name}.`);
  }
  const [from, to] = [wordOf(field, before), wordOf(field, after)];
  return from === to ? [] : [`${name} ${from} → ${to}`];
}

function isOn(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null;
}

/** An optional group may be absent. */
function settingsIn(value: unknown): Settings {
  return isOn(value) ? value : {};
}

function wordOf(field: Field, value: unknown): string {
  if (value === null || value === undefined) return absenceOf(field);
  if (field.is !== 'value') return 'on';
  const written = field.kind.write(value);
  return typeof written === 'string' ? written : JSON.stringify(written);
}

function absenceOf(field: Field): string {
  if (field.is !== 'value') return 'off';
  return (field.presence === 'optional' ? field.defaultText : undefined) ?? 'none';
}
