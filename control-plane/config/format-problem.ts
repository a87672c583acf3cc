/** Writes problems of a configuration file for people. */
import type { ConfigProblem } from './config-problem.js';
import { withoutPassword } from './without-password.js';

/** Widest piece of a line that is shown, in characters. */
const MAX_WIDTH = 100;

/** `file:line:col: path: found this, expected that`, in one line whatever the file contains. */
export function formatProblem({ file, line, col, path, message, found }: ConfigProblem): string {
  const where = `${file}:${line}:${col}: ${path === '' ? '' : `${path}: `}`;
  return visible(`${where}${found === undefined ? '' : `found ${found}, `}${message}`);
}

/** The same, followed by the line of the file with a mark under the mistake. `text` is the content of the file. */
export function explainProblem(problem: ConfigProblem, text: string | null): string {
  const line = withoutPassword(text ?? '')
    .replace(/^\uFEFF/, '')
    .split('\n')
    [problem.line - 1]?.trimEnd();
  if (line === undefined || line === '') return formatProblem(problem);
  const at = problem.col - 1;
  // Of a long line, only the piece around the mistake is shown.
  const from = at < MAX_WIDTH ? 0 : at - MAX_WIDTH / 2;
  const piece = visible(line.slice(from, from + MAX_WIDTH));
  const width = Math.max(1, Math.min(markedLength(line.slice(at), problem.found), MAX_WIDTH - (at - from)));
  const number = String(problem.line).padStart(5);
  const margin = ' '.repeat(number.length);
  const before = visible(line.slice(from, at)).replaceAll(/\S/gu, ' ');
  return `${formatProblem(problem)}\n${number} | ${piece}\n${margin} | ${before}${'^'.repeat(width)}`;
}

/** How many characters to mark: those of `found` if the line has them, otherwise those of the first word. */
function markedLength(rest: string, found: string | undefined): number {
  if (found !== undefined && rest.startsWith(found)) return found.length;
  return /^(?:"[^"]*"|'[^']*'|[^\s,:{}[\]"']+)/.exec(rest)?.[0].length ?? 1;
}

function visible(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1));
}
