/** The command `serve`: runs Tidegate in this process. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { withoutApi } from './command-deps.js';
import { configFile, FILE_HELP, FILE_OPTION } from './config-file.js';
import type { EndWith } from './exit-codes.js';

interface ServeCommandOptions {
  readonly config?: string;
  readonly dataDir?: string;
}

export function serveCommand(program: Command, endWith: EndWith): void {
  const serving = program
    .command('serve')
    .description('run Tidegate: the primary and its workers')
    .argument('[file]', FILE_HELP)
    .option(FILE_OPTION, 'the same')
    .option(
      '--data-dir <directory>',
      'use this directory instead of data_dir of the file, also after a reload',
      parseDirectory,
    )
    .action(async (file: string | undefined, { config, dataDir }: ServeCommandOptions) => {
      const options = { configFile: configFile(file, config), ...(dataDir === undefined ? {} : { dataDir }) };
      // Imported only here, because it loads the whole primary, which the other commands do not need.
      const { runServe } = await import('../serve.js');
      endWith(await runServe(options));
    });
  withoutApi(serving, ['admin', 'tokenFile', 'json']);
}

function parseDirectory(text: string): string {
  if (text === '') throw new InvalidArgumentError('Expected a directory.');
  return resolve(text);
}
