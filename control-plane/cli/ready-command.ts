/** The command `ready`: whether this host serves, by its exit code. For health checks of containers; it needs no token. */
import type { Command } from 'commander';
import { depsOf } from './command-deps.js';
import { EXIT_FAILED, EXIT_OK, type EndWith } from './exit-codes.js';
import { print } from './output.js';

export function readyCommand(program: Command, endWith: EndWith): void {
  program
    .command('ready')
    .description('say whether this host is ready; exit code 0: ready, 1: not ready, 3: no answer')
    .action(async (_options: unknown, command: Command) => {
      const { api, json } = await depsOf(command);
      const { ready, answer } = await api.readiness();
      print(json ? JSON.stringify({ ready, answer }) : answer);
      endWith(ready ? EXIT_OK : EXIT_FAILED);
    });
}
