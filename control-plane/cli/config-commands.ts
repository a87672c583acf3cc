/** The commands `validate` and `reload`, which are about the configuration file. */
import { type Command, Option } from 'commander';
import { explainProblem } from '../config/format-problem.js';
import type { Config } from '../config/parse-config.js';
import { type Role, ROLES } from '#shared/role.js';
import { ReloadDocument } from '../documents/config-documents.js';
import { depsOf, wantsJson, withoutApi } from './command-deps.js';
import { configFile, FILE_HELP, FILE_OPTION } from './config-file.js';
import { EXIT_OK, EXIT_USAGE, type EndWith } from './exit-codes.js';
import { driftLine } from './drift-commands.js';
import { paint, print, printError } from './output.js';

interface ValidateOptions {
  readonly config?: string;
  readonly role: Role;
}

export function configCommands(program: Command, endWith: EndWith): void {
  const validating = program
    .command('validate')
    .description('check a configuration file and report all its problems')
    .argument('[file]', FILE_HELP)
    .option(FILE_OPTION, 'the same')
    .option('--json', 'print JSON, for programs')
    .addOption(new Option('--role <role>', 'the command that it is for').choices(ROLES).default('serve'))
    .action(async (file: string | undefined, options: ValidateOptions, command: Command) => {
      const named = configFile(file, options.config);
      endWith(await validate(named, options.role, wantsJson(command)));
    });
  withoutApi(validating, ['admin', 'tokenFile']);
  program
    .command('reload')
    .description('read the configuration file again')
    .option('--force', 'apply the file even if the fleet had it before and has another one now')
    .action(async (options: { readonly force?: boolean }, command: Command) => {
      const { api, json } = await depsOf(command);
      const query = options.force === true ? '?force=true' : '';
      const answer = await api.post(`/api/v1/config/reload${query}`, ReloadDocument);
      if (json) print(JSON.stringify(answer, null, 2));
      else print(...reloadLines(answer));
    });
}

async function validate(file: string, role: Role, json: boolean): Promise<number> {
  // Imported only here, because the schema takes as long to load as everything that the other commands need.
  const { loadForStart } = await import('../config/file-checks.js');
  const result = await loadForStart(file, process.env, Date.now(), {}, role);
  const problems = result.ok ? [] : result.problems;
  const warnings = result.ok ? result.warnings : [];
  if (json) {
    print(JSON.stringify({ valid: result.ok, problems, warnings }, null, 2));
    return result.ok ? EXIT_OK : EXIT_USAGE;
  }
  for (const problem of problems) printError(explainProblem(problem, result.text));
  for (const warning of warnings) printError(`warning: ${explainProblem(warning, result.text)}`);
  if (!result.ok) {
    printError(`${file}: ${count(problems.length, 'problem')}`);
    return EXIT_USAGE;
  }
  print(`${file}: ${paint('green', 'valid')}: ${contentOf(result.config)}`);
  return EXIT_OK;
}

function contentOf({ document }: Config): string {
  if (document === null) return 'a worker, with the configuration of its fleet';
  const backends = document.pools.reduce((sum, pool) => sum + pool.backends.length, 0);
  return `${count(document.pools.length, 'pool')}, ${count(backends, 'backend')}`;
}

/** What `reload` prints; `null`: the number of events. */
const RELOADED: { readonly [R in ReloadDocument['result']]: string | null } = {
  applied: null,
  unchanged: 'nothing has changed',
  older:
    'not applied: the fleet has had this file before and has another configuration now; --force applies it nevertheless',
};

function reloadLines({ result, events, restart_needed: waits, drift }: ReloadDocument): readonly string[] {
  const lines = [RELOADED[result] ?? `applied: ${count(events, 'event')}`];
  if (waits.length > 0) lines.push(paint('yellow', `waits for a restart: ${waits.join(', ')}`));
  if (drift > 0) lines.push(driftLine(drift));
  return lines;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
