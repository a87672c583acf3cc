/** Which configuration file a command is about: `FILE`, `-c FILE`, or `tidegate.yaml` in the working directory. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';

const DEFAULT_FILE = 'tidegate.yaml';
const EXAMPLE = fileURLToPath(new URL('../../../infra/tidegate.example.yaml', import.meta.url));

export const FILE_HELP = `configuration file (default: ${DEFAULT_FILE})`;
export const FILE_OPTION = '-c, --config <file>';

export function configFile(argument: string | undefined, option: string | undefined): string {
  if (argument !== undefined && option !== undefined) {
    throw new CommandFailure(EXIT_USAGE, `Two files are named, ${argument} and ${option}; expected one.`);
  }
  const named = argument ?? option;
  if (named !== undefined) return named;
  if (existsSync(DEFAULT_FILE)) return DEFAULT_FILE;
  throw new CommandFailure(
    EXIT_USAGE,
    `There is no ${DEFAULT_FILE} in this directory. -c FILE names another one; ${EXAMPLE} is one to begin with.`,
  );
}
