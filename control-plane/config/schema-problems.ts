/** Says in words what the schema found wrong with a value. Where the value stands in a file is the caller's to know. */
import type { z } from 'zod';
import { suggest } from '#shared/suggest.js';
import { knownKeys, type SchemaNode } from './json-schema.js';
import type { Path } from './yaml-document.js';

/** Most unknown keys told of one mapping. */
const MAX_UNKNOWN_KEYS = 100;

export interface ValueProblem {
  readonly path: Path;
  /** The problem is the key that ends the path, not its value. */
  readonly atKey: boolean;
  readonly message: string;
  /** What has the same, where each may have it once. */
  readonly other?: Path;
}

/** `makeSchema` gives the JSON Schema of the value that was parsed. It knows the keys to suggest, and is asked at most once. */
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
