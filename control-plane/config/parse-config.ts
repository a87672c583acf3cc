/**
 * Turns the text of a configuration file into settings in normal form, or into the list of all its problems with their
 * places. It reads no file and starts nothing; the name of the file only says where relative paths start. It never
 * throws, whatever the text is.
 */
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { ConfigDocument } from '#shared/settings.js';
import { isRecord } from '#shared/is-record.js';
import type { ConfigProblem } from './config-problem.js';
import { type Input, longForm, shortForm, workerForm } from './config-schema.js';
import { crossChecks } from './cross-checks.js';
import type { Environment } from './environment.js';
import { configJsonSchema } from './json-schema.js';
import { documentOf, processSettingsOf } from './normal-form.js';
import { MAX_WORKERS, type ProcessSettings } from './process-settings.js';
import { REDIS_FILES, REDIS_PARTS } from './redis-settings.js';
import type { Role } from '#shared/role.js';
import { roleProblems, settingsFor } from './role-checks.js';
import { schemaProblems, type ValueProblem } from './schema-problems.js';
import { warningsOf } from './warnings.js';
import { type Place, type PlacedProblem, readYaml, type YamlDocument } from './yaml-document.js';

/** Largest configuration file, in bytes. */
export const MAX_CONFIG_BYTES = 1_048_576;
/** Most problems reported for one file. */
export const MAX_PROBLEMS = 100;

export interface Config {
  readonly process: ProcessSettings;
  /** `null`: the file of a process that has it from its fleet. */
  readonly document: ConfigDocument | null;
}

/** Settings that name files which a start reads. */
const FILE_SETTINGS = [
  'listen.tls.cert_file',
  'listen.tls.key_file',
  'admin.token_file',
  'cluster.secret_file',
  ...REDIS_PARTS.flatMap((part) => REDIS_FILES.map((file) => `${part}.${file}` as const)),
] as const;
export type FileSetting = (typeof FILE_SETTINGS)[number];
/** The places of these settings in the configuration file. */
export type FilePlaces = Readonly<Record<FileSetting, Place>>;

export type ParseResult =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly filePlaces: FilePlaces;
      readonly warnings: readonly ConfigProblem[];
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** @param cores the default for `workers` */
export function parseConfig(
  text: string,
  file: string,
  env: Environment,
  cores: number = availableParallelism(),
  role: Role = 'serve',
): ParseResult {
  const yaml = readChecked(text, env);
  if ('length' in yaml) return { ok: false, problems: report(file, yaml) };
  const input = checked(yaml, role);
  if (input.kind === 'problems') return { ok: false, problems: report(file, input.problems) };
  const place = { directory: dirname(resolve(file)), cores: Math.min(cores, MAX_WORKERS) };
  const config = {
    process: settingsFor(role, processSettingsOf(input.input, place)),
    document: role === 'worker' ? null : documentOf(input.input, place),
  };
  return {
    ok: true,
    config,
    filePlaces: filePlacesOf(yaml),
    warnings: report(
      file,
      warningsOf(config, 'pools' in input.input).map((found) => ({ ...found, ...yaml.placeOf(found.path) })),
    ),
  };
}

function filePlacesOf(yaml: YamlDocument): FilePlaces {
  const places = FILE_SETTINGS.map((setting) => [setting, yaml.placeOf(setting.split('.'))]);
  return Object.fromEntries(places) as Record<FileSetting, Place>;
}

function readChecked(text: string, env: Environment): YamlDocument | readonly PlacedProblem[] {
  const start = { line: 1, col: 1, path: [] };
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
    return [{ ...start, message: `expected a file of at most ${MAX_CONFIG_BYTES} bytes` }];
  }
  const yaml = readYaml(text, env);
  if ('length' in yaml) return yaml;
  if (yaml.value === null && yaml.problems.length === 0) {
    return [{ ...start, message: 'expected settings, but the file is empty' }];
  }
  if (!isRecord(yaml.value) && yaml.problems.length === 0) {
    return [{ ...yaml.placeOf([]), path: [], message: 'expected a mapping of settings such as "listen:"' }];
  }
  return yaml;
}

type Checked =
  | { readonly kind: 'input'; readonly input: Input }
  | { readonly kind: 'problems'; readonly problems: readonly PlacedProblem[] };

function checked(yaml: YamlDocument, role: Role): Checked {
  const { value } = yaml;
  if (!isRecord(value)) return { kind: 'problems', problems: yaml.problems };
  const form = role === 'worker' ? workerForm : Object.hasOwn(value, 'pools') ? longForm : shortForm;
  const result = form.safeParse(value, { reportInput: true });
  const told = [...roleProblems(value, role), ...crossChecks(value)];
  const found = result.success ? [] : schemaProblems(result.error.issues, configJsonSchema);
  const problems = [...told, ...found.filter((problem) => isNews(problem, told))].map((problem) =>
    placed(yaml, problem),
  );
  // A value that could not be read as YAML is reported once, not a second time by the schema.
  const unread = new Set(yaml.problems.map(({ path }) => path.join('.')));
  const all = [...yaml.problems, ...problems.filter(({ path }) => !unread.has(path.join('.')))];
  return result.success && all.length === 0
    ? { kind: 'input', input: result.data }
    : { kind: 'problems', problems: all };
}

function placed(yaml: YamlDocument, { path, atKey, message, other }: ValueProblem): PlacedProblem {
  if (atKey) return { ...yaml.placeOfKey(path), path, message };
  const at = yaml.placeOf(path);
  const written = yaml.writtenAt(path);
  const found = written === null ? {} : { found: written };
  if (other === undefined) return { ...at, path, message, ...(message.startsWith('expected') ? found : {}) };
  const { line, col } = yaml.placeOf(other);
  return { ...at, path, message: `${message}: ${other.join('.')} at ${line}:${col} has it`, ...found };
}

/** False if a check has already told why the key must not be there. */
function isNews({ path, atKey }: ValueProblem, told: readonly ValueProblem[]): boolean {
  return !(atKey && told.some((one) => one.atKey && one.path.join('.') === path.join('.')));
}

/** Sorted by their places in the file, at most `MAX_PROBLEMS` and a note that there are more. */
function report(file: string, found: readonly PlacedProblem[]): ConfigProblem[] {
  const problems = found
    .map((problem) => ({ file, ...problem, path: problem.path.join('.') }))
    .toSorted((a, b) => a.line - b.line || a.col - b.col);
  const last = problems[MAX_PROBLEMS - 1];
  if (problems.length <= MAX_PROBLEMS || last === undefined) return problems;
  return [
    ...problems.slice(0, MAX_PROBLEMS),
    { ...last, path: '', message: 'there are more problems than these' },
  ];
}
