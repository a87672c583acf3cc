/** Reads settings that the command line gives as KEY=VALUE, in the words of the configuration file. */
import { type Command, InvalidArgumentError } from 'commander';
import { Expected, type Kind } from '#shared/settings/kind.js';
import type { Section } from '#shared/settings/section.js';

export type Settings = Readonly<Record<string, unknown>>;

const EXPECTED = 'Expected KEY=VALUE, such as health_check.interval=10s.';

/** Reads an argument as the value of a setting. `also` ends the error message: what the caller accepts besides. */
export function argumentOf<T>(kind: Kind<T>, also = ''): (text: string) => T {
  return (text) => {
    const value = kind.read(text);
    if (!(value instanceof Expected)) return value;
    throw new InvalidArgumentError(
      `${value.message.charAt(0).toUpperCase()}${value.message.slice(1)}${also}.`,
    );
  };
}

/** Gives the command an option for each setting of a section; that of `max_connections` is `--max-connections`. */
export function addSettingOptions(command: Command, section: Section<unknown>): Command {
  for (const field of Object.values(section.fields)) {
    if (field.is !== 'value') continue;
    const flags = `--${field.name.replaceAll('_', '-')} <${textOf(field.kind.json['x-unit'] ?? 'value')}>`;
    const help = `${field.means}${field.default === undefined ? '' : ` (default: ${textOf(field.default)})`}`;
    command.option(flags, help, argumentOf(field.kind));
  }
  return command;
}

/** The settings that the options of a command give, by their names in the file. */
export function settingsIn(options: Settings, section: Section<unknown>): Settings {
  const entries = Object.values(section.fields).map(({ name }) => [name, options[camelCase(name)]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The name under which commander keeps the value of an option. */
function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

/** Adds `key=value`, or `section.key=value` of any depth, to the settings given before it. */
export function collectSetting(text: string, before: Settings = {}): Settings {
  const [, path = '', value = ''] = /^([a-z0-9_]+(?:\.[a-z0-9_]+)*)=(.*)$/s.exec(text) ?? [];
  if (path === '') throw new InvalidArgumentError(EXPECTED);
  return withSetting(before, path.split('.'), valueOf(value), path);
}

function withSetting(
  before: Settings,
  [key = '', ...inner]: readonly string[],
  value: unknown,
  path: string,
): Settings {
  const present = Object.hasOwn(before, key) ? before[key] : undefined;
  if (inner.length === 0) {
    if (present !== undefined) throw new InvalidArgumentError(`${path} is given twice.`);
    return { ...before, [key]: value };
  }
  if (present !== undefined && !isSection(present)) throw new InvalidArgumentError(`${path} is given twice.`);
  return { ...before, [key]: withSetting(present ?? {}, inner, value, path) };
}

function isSection(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Numbers, true, false, null and lists are read as JSON; everything else is text. */
function valueOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    // Not JSON, so it is text such as 10s.
    return text;
  }
}
