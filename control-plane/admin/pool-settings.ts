/**
 * Settings of a pool in the words and units of the configuration file. A change through the API is read by the same
 * schema as the file, so that both accept and refuse the same values.
 */
import type { z } from 'zod';
import { movedTo } from '#shared/settings/second-place.js';
import type { Field, Section } from '#shared/settings/section.js';
import { pool as section } from '#shared/settings/pool.js';
import type { PoolSettings } from '#shared/settings.js';
import { suggest } from '#shared/suggest.js';
import { isRecord } from '#shared/is-record.js';
import { configJsonSchema, knownKeys } from '../config/json-schema.js';
import { MAX_PROBLEMS } from '../config/parse-config.js';
import { sectionSchema } from '../config/section-schema.js';
import { settingsOf, writtenOf } from '../config/settings-of.js';
import type { FieldProblem } from '../documents/problem-document.js';

type Named = Readonly<Record<string, unknown>>;

const schema = sectionSchema(section);
const names = Object.values(section.fields).map(({ name }) => name);

type PatchResult =
  | { readonly kind: 'settings'; readonly settings: PoolSettings }
  | { readonly kind: 'problems'; readonly problems: readonly FieldProblem[] };

/** All settings; `null` for those without a value. */
export function poolSettingsDocument(settings: PoolSettings): Named & { readonly algorithm: string } {
  return { ...writtenOf(section, settings, 'null'), algorithm: settings.algorithm };
}

/**
 * The settings after a change. A setting that the patch does not mention stays as it is. `null` turns a section off, or
 * sets a setting back to its default.
 */
export function patchPoolSettings(pool: string, settings: PoolSettings, patch: Named): PatchResult {
  const input = patchedSection(section, writtenOf(section, settings), patch);
  const parsed = schema.safeParse(input);
  return parsed.success
    ? {
        kind: 'settings',
        settings: settingsOf(section, parsed.data, { pool, directory: '/', cores: 1 }),
      }
    : { kind: 'problems', problems: parsed.error.issues.flatMap(problemsOf).slice(0, MAX_PROBLEMS) };
}

function patchedSection(section: Section<unknown>, present: Named, patch: Named): Named {
  const before = withoutMoved(section, present, patch);
  const inside = Object.values(section.fields)
    .filter(({ name }) => patch[name] !== undefined)
    .map((field) => [field.name, patched(field, before[field.name], patch[field.name])]);
  return withoutNulls(Object.entries({ ...before, ...patch, ...Object.fromEntries(inside) }));
}

function patched(field: Field, present: unknown, patch: unknown): unknown {
  if (field.is === 'value') return patch;
  if (patch === null) return field.is === 'group' ? {} : { enabled: false };
  if (!isRecord(patch)) return patch;
  // Any setting in a section turns the section on.
  const on = field.is === 'switch' ? { enabled: true } : {};
  return patchedSection(field.section, { ...(isRecord(present) ? present : {}), ...on }, patch);
}

/** A setting given in its second place replaces the one in force in its first place. */
function withoutMoved(section: Section<unknown>, present: Named, patch: Named): Named {
  return section.secondPlaces.reduce((before, second) => {
    const { group, field } = movedTo(section, second);
    const there = before[group.name];
    if (patch[second.name] === undefined || !isRecord(there)) return before;
    const { [field.name]: _replaced, ...rest } = there;
    return { ...before, [group.name]: rest };
  }, present);
}

function withoutNulls(entries: readonly (readonly [string, unknown])[]): Named {
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

function problemsOf(issue: z.core.$ZodIssue): readonly FieldProblem[] {
  const path = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') {
    const message = issue.code === 'invalid_type' ? 'expected a mapping of settings' : issue.message;
    return [{ path, message }];
  }
  return issue.keys.map((key) => {
    const near = suggest(
      key,
      path === '' ? names : knownKeys(configJsonSchema(), ['pools', '', ...issue.path.map(String)]),
    );
    const hint = near === null ? '' : `; did you mean ${near}?`;
    return { path: path === '' ? key : `${path}.${key}`, message: `unknown key${hint}` };
  });
}
