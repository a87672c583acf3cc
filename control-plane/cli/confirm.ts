/** Asks the person at the terminal to confirm something that cannot be undone. */
import { createInterface } from 'node:readline/promises';
import { CommandFailure, EXIT_FAILED, EXIT_USAGE } from './exit-codes.js';

/**
 * Fails unless the answer is yes, or if nobody can be asked.
 *
 * @param what completes "add --yes to …", for a caller without a terminal
 */
export async function confirmed(question: string, what: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new CommandFailure(EXIT_USAGE, `There is no terminal to ask on: add --yes to ${what}.`);
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asking.question(`${question} [y/N] `);
    if (!/^y(?:es)?$/i.test(answer.trim())) throw new CommandFailure(EXIT_FAILED, 'Nothing was changed.');
  } finally {
    asking.close();
  }
}
