/**
 * Replaces `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$` in one text. It is applied to scalars after the
 * YAML is parsed, so that a variable can never add structure to the file. As in a shell, an empty variable counts as
 * unset for `:-` and `:?`.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

type Substitution =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

const REFERENCE = /\$(?:\$|\{([^}]*)\}?)/g;
const CONTENT = /^([A-Za-z_][A-Za-z0-9_]*)(?::(-|\?)([^$]*))?$/;
const FORMS = '${NAME}, ${NAME:-default} or ${NAME:?message}';

/** A `$` that begins none of these forms stays as it is. */
export function substitute(text: string, env: Environment): Substitution {
  let problem: string | null = null;
  const result = text.replaceAll(REFERENCE, (whole, content: string | undefined) => {
    if (content === undefined) return '$';
    const value = whole.endsWith('}') ? valueOf(content, env) : { error: `expected a closing } in ${FORMS}` };
    if (typeof value === 'string') return value;
    problem ??= value.error;
    return '';
  });
  return problem === null ? { ok: true, text: result } : { ok: false, message: problem };
}

function valueOf(content: string, env: Environment): string | { readonly error: string } {
  const [matched, name = '', operator, argument = ''] = CONTENT.exec(content) ?? [];
  if (matched === undefined) return { error: `expected ${FORMS} ($$ for a dollar sign)` };
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (operator === undefined) {
    return value ?? { error: `environment variable ${name} is not set; \${${name}:-…} gives a default` };
  }
  if (value !== undefined && value !== '') return value;
  if (operator === '-') return argument;
  return { error: `environment variable ${name} is not set${argument === '' ? '' : `: ${argument}`}` };
}
