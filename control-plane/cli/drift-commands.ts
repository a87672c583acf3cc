/**
 * The commands `config diff` and `config reset`: show what run-time changes made different from the file, and go back
 * to the file.
 */
import { isRecord } from '#shared/is-record.js';
import type { Command } from 'commander';
import { type ConfigDifference, DriftDocument, ResetDocument } from '../documents/config-documents.js';
import { depsOf, type CommandDeps } from './command-deps.js';
import { confirmed } from './confirm.js';
import { CommandFailure, type EndWith, EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import { paint, print } from './output.js';
import { formatTable } from './table.js';
import { formatTime } from './times.js';

/** The same exit code as that of diff(1). */
const EXIT_DIFFERS = 1;

interface ResetOptions {
  readonly all?: boolean;
  readonly yes?: boolean;
}

export function driftCommands(program: Command, endWith: EndWith): void {
  const config = program
    .command('config')
    .description('show what differs from the file, and go back to the file');
  config
    .command('diff')
    .description('show where run-time changes differ from the file; exit code 0: nowhere, 1: somewhere')
    .action(async (_options: unknown, command: Command) => {
      const deps = await depsOf(command);
      const drift = await readDrift(deps);
      if (deps.json) print(JSON.stringify(drift, null, 2));
      else print(...diffLines(drift.differences));
      endWith(drift.differences.length === 0 ? EXIT_OK : EXIT_DIFFERS);
    });
  config
    .command('reset')
    .description('go back to what the file says')
    .argument('[path]', 'a path that config diff shows, or the beginning of several: pools.web.backends.a')
    .option('--all', 'everything that differs')
    .option('--yes', 'do not ask')
    .action(async (path: string | undefined, options: ResetOptions, command: Command) => {
      await reset(await depsOf(command), path, options);
    });
}

/** The line about differences, for `status` and `reload`. */
export function driftLine(drift: number): string {
  const places = drift === 1 ? '1 place' : `${drift} places`;
  return paint(
    'yellow',
    `run-time changes differ from the file in ${places}: tidegate config diff shows them`,
  );
}

function readDrift({ api }: CommandDeps): Promise<DriftDocument> {
  return api.get('/api/v1/config/drift', DriftDocument);
}

async function reset(deps: CommandDeps, path: string | undefined, options: ResetOptions): Promise<void> {
  if ((path === undefined) === (options.all !== true)) {
    throw new CommandFailure(EXIT_USAGE, 'Give either a path of config diff, or --all.');
  }
  const drift = await readDrift(deps);
  const chosen = drift.differences.filter((each) => path === undefined || isWithin(each.path, path));
  if (path === undefined && chosen.length === 0) {
    print(deps.json ? JSON.stringify({ reset: [], drift: 0 }) : 'nothing differs from the file');
    return;
  }
  // The API refuses a path without differences, and names those that there are. So there is nothing to confirm here.
  if (options.yes !== true && chosen.length > 0) {
    if (process.stdin.isTTY) process.stderr.write(`${diffLines(chosen).join('\n')}\n`);
    await confirmed('Go back to the file here?', 'go back to the file');
  }
  const body = path === undefined ? { all: true } : { path };
  const answer = await deps.api.postSeen('/api/v1/config/reset', drift.version, body, ResetDocument);
  if (deps.json) print(JSON.stringify(answer, null, 2));
  else {
    print(...answer.reset.map((place) => `${place}: back to the file`));
    if (answer.drift > 0) print(driftLine(answer.drift));
  }
}

/** Chooses as the API does. */
function isWithin(path: string, wanted: string): boolean {
  return path === wanted || path.startsWith(`${wanted}.`);
}

function diffLines(differences: readonly ConfigDifference[]): readonly string[] {
  if (differences.length === 0) return ['every setting is as the file has it'];
  return formatTable(
    ['WHERE', 'FILE', 'NOW', 'SINCE'],
    differences.map((difference) => [
      difference.path,
      ...sidesOf(difference),
      difference.changed === null
        ? 'not known'
        : `${formatTime(difference.changed.at)} by ${difference.changed.by}`,
    ]),
  );
}

/** What the file has and what is in force, for people. Of a section, only the keys that differ. */
function sidesOf({ file, live }: ConfigDifference): readonly [file: string, live: string] {
  if (isRecord(file) && live === null) return ['in file', 'removed'];
  if (file === null && isRecord(live)) return ['not in file', `added: ${sectionWords(live)}`];
  if (!isRecord(file) || !isRecord(live)) return [valueWords(file), valueWords(live)];
  const differs = new Set(
    [...Object.keys(file), ...Object.keys(live)].filter(
      (key) => JSON.stringify(file[key]) !== JSON.stringify(live[key]),
    ),
  );
  return [sectionWords(file, differs), sectionWords(live, differs)];
}

type Section = Readonly<Record<string, unknown>>;

function sectionWords(section: Section, keys?: ReadonlySet<string>): string {
  const entries = Object.entries(section).filter(([key]) => keys === undefined || keys.has(key));
  return entries.map(([key, value]) => `${key} ${valueWords(value)}`).join(', ') || 'not set';
}

function valueWords(value: unknown): string {
  if (value === null || value === undefined) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
