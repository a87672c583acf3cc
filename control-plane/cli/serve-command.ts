/** The commands that run Tidegate in this process: `serve`, or for a part of its work `control` and `worker`. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type Role, ROLES } from '#shared/role.js';
import { withoutApi } from './command-deps.js';
import { configFile, FILE_HELP, FILE_OPTION } from './config-file.js';
import type { EndWith } from './exit-codes.js';

const DESCRIPTIONS: { readonly [R in Role]: string } = {
  serve: 'run Tidegate: the primary and its workers',
  control: 'run a host that may lead its fleet, and takes no traffic',
  worker: 'run a host that takes traffic as its fleet says, and never leads',
};

interface ServeCommandOptions {
  readonly config?: string;
  readonly dataDir?: string;
}

export function serveCommands(program: Command, endWith: EndWith): void {
  for (const role of ROLES) serveCommand(program, role, endWith);
}

function serveCommand(program: Command, role: Role, endWith: EndWith): void {
  const serving = program
    .command(role)
    .description(DESCRIPTIONS[role])
    .argument('[file]', FILE_HELP)
    .option(FILE_OPTION, 'the same')
    .option(
      '--data-dir <directory>',
      'use this directory instead of data_dir of the file, also after a reload',
      parseDirectory,
    )
    .action(async (file: string | undefined, { config, dataDir }: ServeCommandOptions) => {
      const overrides = dataDir === undefined ? {} : { dataDir };
      // Imported only here, because it loads the whole primary, which the other commands do not need.
      const { runServe } = await import('../serve.js');
      endWith(await runServe({ role, configFile: configFile(file, config), ...overrides }));
    });
  withoutApi(serving, ['admin', 'tokenFile', 'json']);
}

function parseDirectory(text: string): string {
  if (text === '') throw new InvalidArgumentError('Expected a directory.');
  return resolve(text);
}
