/** Problems of a configuration file as people read them. */
import type { ConfigProblem } from '../runtime/control-port.js';

/** `file:line:col: path: what was expected`, in one line whatever the file's keys contain. */
export function formatProblem({ file, line, col, path, message }: ConfigProblem): string {
  const text = `${file}:${line}:${col}: ${path === '' ? '' : `${path}: `}${message}`;
  return text.replaceAll(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1));
}
