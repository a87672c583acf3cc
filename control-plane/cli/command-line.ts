/** The commands of `tidegate`, and what is common to all: global options, help, errors, exit codes. */
import { Command, CommanderError } from 'commander';
import { backendCommands } from './backend-commands.js';
import { DEFAULT_ADMIN } from './command-deps.js';
import { configCommands } from './config-commands.js';
import { driftCommands } from './drift-commands.js';
import { eventsCommand } from './events-command.js';
import {
  CommandFailure,
  EXIT_CODES_HELP,
  EXIT_FAILED,
  EXIT_OK,
  EXIT_USAGE,
  type EndWith,
} from './exit-codes.js';
import { printError } from './output.js';
import { fleetCommands } from './fleet-commands.js';
import { poolCommands } from './pool-commands.js';
import { readyCommand } from './ready-command.js';
import { sessionsCommands } from './sessions-commands.js';
import { serveCommands } from './serve-command.js';
import { statusCommands } from './status-commands.js';
import { whyCommand } from './why-command.js';
import { workersCommand } from './workers-command.js';

/**
 * Runs one command line. Resolves with the exit code.
 *
 * @param version the release, for `--version`
 */
export async function runCommandLine(argv: readonly string[], version: string): Promise<number> {
  // In `tidegate events | head`, the reader ends first. That is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_OK);
    printError(`The output cannot be written: ${error.message}.`);
    process.exit(EXIT_FAILED);
  });
  const result: { exitCode: number } = { exitCode: EXIT_OK };
  const program = createProgram(version, (exitCode) => {
    result.exitCode = exitCode;
  });
  try {
    await program.parseAsync([...argv]);
    return result.exitCode;
  } catch (error) {
    // Commander has already printed what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    if (!(error instanceof CommandFailure)) throw error;
    printError(error.message);
    return error.exitCode;
  }
}

function createProgram(version: string, endWith: EndWith): Command {
  const program = new Command('tidegate')
    .description('An HTTP load balancer that remembers why.')
    .option('--admin <url>', `base URL of the admin API (TIDEGATE_ADMIN; default ${DEFAULT_ADMIN})`)
    .option('--token-file <file>', 'file with the token of the admin API (TIDEGATE_TOKEN_FILE)')
    .option('--json', 'print JSON, for programs')
    .version(`tidegate ${version}`, '-V, --version', 'print the release')
    // The help of each command shows the global options. Set before the commands are made, because they copy this.
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(tidegate --help tells more)')
    .addHelpText('after', EXIT_CODES_HELP)
    .exitOverride();
  serveCommands(program, endWith);
  configCommands(program, endWith);
  statusCommands(program);
  readyCommand(program, endWith);
  workersCommand(program, endWith);
  fleetCommands(program, endWith);
  backendCommands(program);
  poolCommands(program);
  sessionsCommands(program);
  driftCommands(program, endWith);
  eventsCommand(program);
  whyCommand(program);
  return program;
}
