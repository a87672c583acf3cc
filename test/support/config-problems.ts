/** Tables of configuration files with everything that must be told of them. */
import { formatProblem } from '../../control-plane/config/format-problem.js';
import type { Role } from '../../shared/role.js';
import { parseConfig } from '../../control-plane/config/parse-config.js';

/** A minimal pool, for cases about other keys. */
export const B = 'backends: []\n';

/** Name, file, then every line that is told of it. */
export type ProblemCase = readonly [name: string, file: string, ...problems: string[]];

/** What is told of a file, as people read it, without what was found there. */
export function problemsOf(text: string, env: Record<string, string> = {}, role: Role = 'serve'): string[] {
  const result = parseConfig(text, 'f.yaml', env, 2, role);
  if (result.ok) return [];
  return result.problems.map(({ file, line, col, path, message }) =>
    formatProblem({ file, line, col, path, message }),
  );
}

/** Defines a test per case. */
export function tellsEachProblem(
  cases: readonly ProblemCase[],
  env: Record<string, string> = {},
  role: Role = 'serve',
): void {
  it.each(cases.map(([name, file, ...problems]) => [name, file, problems] as const))(
    '%s',
    (_name, file, problems) => {
      expect(problemsOf(file, env, role)).toEqual(problems);
    },
  );
}
