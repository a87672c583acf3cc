/** `serve`, `validate` and `reload`: what has to do with the configuration file. */
import type { Command } from 'commander';
import { assert } from '#shared/assert.js';
import type { ReloadDocument } from '../admin/documents.js';
import { loadConfig } from '../config/load-config.js';
import { formatProblem } from '../config/parse-config.js';
import { contextOf, wantsJson } from './command-context.js';
import { EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import type { EndWith } from './exit-codes.js';
import { paint, print, printError } from './output.js';

const DEFAULT_FILE = 'tidegate.yaml';

/** `control-plane/serve.ts`. Resolves with an exit code when Tidegate has ended. */
export interface ServeModule {
  runServe(options: { readonly configFile: string; readonly dataDir?: string }): Promise<number>;
}

export function configCommands(program: Command, endWith: EndWith): void {
  program
    .command('serve')
    .description('run Tidegate: the primary and its workers')
    .option('-c, --config <file>', 'configuration file', DEFAULT_FILE)
    .option('--data-dir <directory>', 'where the event log is, instead of data_dir of the file')
    .action(async (options: { readonly config: string; readonly dataDir?: string }) => {
      // Only now, because it brings everything with it.
      const serving = await serveModule();
      const { config: configFile, dataDir } = options;
      endWith(await serving.runServe({ configFile, ...(dataDir === undefined ? {} : { dataDir }) }));
    });
  program
    .command('validate')
    .description('check a configuration file; tells all problems at once')
    .argument('[file]', 'configuration file', DEFAULT_FILE)
    .action(async (file: string, _options: unknown, command: Command) => {
      endWith(await validate(file, wantsJson(command)));
    });
  program
    .command('reload')
    .description('read the configuration file again')
    .action(async (_options: unknown, command: Command) => {
      const { api, json } = await contextOf(command);
      const answer = await api.post<ReloadDocument>('/api/v1/config/reload');
      if (json) print(JSON.stringify(answer, null, 2));
      else print(...reloadLines(answer));
    });
}

/** Found by its place, so that the other commands start without it. */
async function serveModule(): Promise<ServeModule> {
  const loaded: unknown = await import(new URL('../serve.js', import.meta.url).href);
  assert(isServeModule(loaded), 'control-plane/serve.js has runServe');
  return loaded;
}

function isServeModule(loaded: unknown): loaded is ServeModule {
  return typeof loaded === 'object' && loaded !== null && 'runServe' in loaded;
}

async function validate(file: string, json: boolean): Promise<number> {
  const result = await loadConfig(file, process.env);
  const problems = result.ok ? [] : result.problems;
  const warnings = result.ok ? result.warnings : [];
  if (json) {
    print(JSON.stringify({ valid: result.ok, problems, warnings }, null, 2));
    return result.ok ? EXIT_OK : EXIT_USAGE;
  }
  for (const problem of problems) printError(formatProblem(problem));
  for (const warning of warnings) printError(`warning: ${formatProblem(warning)}`);
  if (!result.ok) {
    printError(`${file}: ${count(problems.length, 'problem')}`);
    return EXIT_USAGE;
  }
  const { pools } = result.config.document;
  const backends = pools.reduce((sum, pool) => sum + pool.backends.length, 0);
  print(`${file}: ${paint('green', 'valid')}: ${count(pools.length, 'pool')}, ${count(backends, 'backend')}`);
  return EXIT_OK;
}

function reloadLines({ result, events, restart_needed: waits }: ReloadDocument): readonly string[] {
  const lines = [result === 'applied' ? `applied: ${count(events, 'event')}` : 'nothing has changed'];
  if (waits.length > 0) lines.push(paint('yellow', `waits for a restart: ${waits.join(', ')}`));
  return lines;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
