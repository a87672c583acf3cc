/** Asks the person at the terminal before something that cannot be taken back. */
import { createInterface } from 'node:readline/promises';
import { CommandFailure, EXIT_FAILED, EXIT_USAGE } from './exit-codes.js';

/** Fails unless the answer is yes. `what`: what `--yes` does where nobody can be asked, in the infinitive. */
export async function confirmed(question: string, what: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new CommandFailure(EXIT_USAGE, `Nobody can be asked here: add --yes to ${what}.`);
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asking.question(`${question} [y/N] `);
    if (!/^y(?:es)?$/i.test(answer.trim())) throw new CommandFailure(EXIT_FAILED, 'Nothing was changed.');
  } finally {
    asking.close();
  }
}
