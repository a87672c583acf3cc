/** Says in words what the schema found wrong with a value. The caller knows where in the file the value is. */
import type { z } from 'zod';
import { suggest } from '#shared/suggest.js';
import { knownKeys, type SchemaNode } from './json-schema.js';
import type { Path } from './yaml-document.js';

/** Most unknown keys reported of one mapping. */
const MAX_UNKNOWN_KEYS = 100;

export interface ValueProblem {
  readonly path: Path;
  /** The problem is the last key of the path, not its value. */
  readonly atKey: boolean;
  readonly message: string;
  /** The earlier place that has the same, if only one place may have it. */
  readonly other?: Path;
}

/**
 * @param makeSchema makes the JSON Schema of the parsed value, for suggestions; called at most once, and only for
 * unknown keys
 */
export function schemaProblems(
  issues: readonly z.core.$ZodIssue[],
  makeSchema: () => SchemaNode,
): readonly ValueProblem[] {
  const schema = issues.some(({ code }) => code === 'unrecognized_keys') ? makeSchema() : {};
  return issues.flatMap((issue): ValueProblem[] => {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(schema, path);
      return issue.keys.slice(0, MAX_UNKNOWN_KEYS).map((key) => unknownKey([...path, key], key, known));
    }
    if (issue.code === 'invalid_key') {
      return [{ path, atKey: true, message: issue.issues[0]?.message ?? issue.message }];
    }
    return [{ path, atKey: false, message: messageOf(issue, path) }];
  });
}

function messageOf(issue: z.core.$ZodIssue, path: Path): string {
  if (issue.code !== 'invalid_type') return issue.message;
  if (issue.input === undefined && path.join('.') === 'backends') return 'expected backends, or pools';
  if (issue.input === undefined) return 'this setting is required';
  return issue.expected === 'array' ? 'expected a list' : 'expected a mapping of settings';
}

function unknownKey(path: Path, key: string, known: readonly string[]): ValueProblem {
  const near = suggest(key, known);
  const hint = near === null ? `expected one of ${known.join(', ')}` : `did you mean ${near}?`;
  return { path, atKey: true, message: `unknown key; ${hint}` };
}
