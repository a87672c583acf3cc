/** Any settings of a section, within the bounds of its declaration. */
import fc, { type Arbitrary } from 'fast-check';
import { keysOf } from '../../shared/settings/complete.js';
import { Expected, type Kind } from '../../shared/settings/kind.js';
import { parseDuration, parseSize } from '../../shared/settings/quantities.js';
import type { Field, Section } from '../../shared/settings/section.js';

type Json = {
  readonly anyOf?: readonly {
    readonly minimum?: number;
    readonly maximum?: number;
    readonly enum?: readonly unknown[];
    readonly type?: string;
  }[];
  readonly 'x-range'?: string;
};

export function arbitrarySettings<T>(section: Section<T>): Arbitrary<T> {
  const { variants } = section;
  const cases = variants === null ? [{}] : Object.keys(variants.of).map((name) => ({ [variants.key]: name }));
  return fc.oneof(...cases.map((tag) => ofKeys(section, tag))) as Arbitrary<T>;
}

function ofKeys(section: Section<unknown>, tag: Readonly<Record<string, string>>): Arbitrary<unknown> {
  const keys = keysOf(section, tag).filter((key) => !Object.hasOwn(tag, key));
  const optional = new Set(keys.filter((key) => presenceOf(section.fields[key]!) === 'optional'));
  return fc
    .record(Object.fromEntries(keys.map((key) => [key, ofField(section.fields[key]!)])), {
      requiredKeys: keys.filter((key) => !optional.has(key)),
    })
    .map((settings) => ({ ...settings, ...tag }));
}

function presenceOf(field: Field): string {
  return field.is === 'switch' ? 'default' : field.presence;
}

function ofField(field: Field): Arbitrary<unknown> {
  if (field.is === 'group') {
    const settings = arbitrarySettings(field.section);
    // A group that may be absent is, where nothing is given.
    return field.presence === 'optional'
      ? settings.filter((given) => Object.keys(given as object).length > 0)
      : settings;
  }
  if (field.is === 'switch') return fc.option(arbitrarySettings(field.section));
  return field.presence === 'null' ? fc.option(ofKind(field.kind)) : ofKind(field.kind);
}

/** Texts and records have no bounds that a generator could know: some that are valid stand for all. */
const SOME = [
  '/',
  '/health',
  'name',
  'http://10.0.0.1:8080',
  '10.0.0.0/8',
  '200-299',
  'redis://10.0.0.1:6379',
  'rediss://[::1]:7000/3',
  '10.0.0.1:6379',
  {},
  { 'X-Check': 'yes' },
];

function ofKind(kind: Kind<unknown>): Arbitrary<unknown> {
  if (kind.isPath === true) return fc.constantFrom('/etc/a.pem', '/var/lib/tidegate');
  if (kind.elements !== undefined) {
    return fc.array(ofKind(kind.elements.kind), { minLength: kind.elements.min, maxLength: 3 });
  }
  const { anyOf = [], 'x-range': range }: Json = kind.json;
  const [first] = anyOf;
  if (first?.enum !== undefined) return fc.constantFrom(...first.enum);
  if (first?.type === 'boolean') return fc.boolean();
  if (first?.type === 'integer' && range !== undefined) {
    return fc.integer({ min: first.minimum!, max: first.maximum! });
  }
  if (first?.type === 'number') {
    return fc.double({ min: first.minimum!, max: first.maximum!, noNaN: true, noDefaultInfinity: true });
  }
  if (range !== undefined) {
    const [min, max] = range.split(' to ').map((word) => parseDuration(word) ?? parseSize(word));
    if (typeof min === 'number' && typeof max === 'number') {
      return fc.integer({ min, max: Math.min(max, Number.MAX_SAFE_INTEGER) });
    }
  }
  return fc.constantFrom(
    ...SOME.map((word) => kind.read(word)).filter((value) => !(value instanceof Expected)),
  );
}
