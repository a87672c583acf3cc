/** What a command needs besides its own arguments. Only this file reads the environment for commands. */
import type { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';

export const DEFAULT_ADMIN = 'http://127.0.0.1:9900';

interface GlobalOptions {
  readonly admin?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

export interface CommandDeps {
  readonly api: ApiClient;
  readonly json: boolean;
}

export async function depsOf(command: Command): Promise<CommandDeps> {
  const options: GlobalOptions = command.optsWithGlobals();
  const api = await ApiClient.create({
    admin: options.admin ?? (process.env['TIDEGATE_ADMIN'] || DEFAULT_ADMIN),
    tokenFile: options.tokenFile ?? (process.env['TIDEGATE_TOKEN_FILE'] || undefined),
  });
  return { api, json: wantsJson(command) };
}

export function wantsJson(command: Command): boolean {
  const options: GlobalOptions = command.optsWithGlobals();
  return options.json === true;
}

const FLAGS = { admin: '--admin', tokenFile: '--token-file', json: '--json' } as const;

/**
 * For a command that does not use the admin API: it refuses the global options in `unused`, and its help hides them
 * all.
 */
export function withoutApi(command: Command, unused: readonly (keyof typeof FLAGS)[]): void {
  command.configureHelp({ showGlobalOptions: false });
  command.hook('preAction', () => {
    const given = unused.find((name) => command.getOptionValueSourceWithGlobals(name) === 'cli');
    if (given === undefined) return;
    throw new CommandFailure(EXIT_USAGE, `tidegate ${command.name()} does not take ${FLAGS[given]}.`);
  });
}
