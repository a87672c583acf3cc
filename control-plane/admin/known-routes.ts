/** Tells "no such path" from "not with this method". */

export interface KnownRoute {
  /** With parameters as `:name`. */
  readonly url: string;
  readonly methods: readonly string[];
}

/** The methods that a path has, sorted; none when there is no such path. */
export function methodsOf(path: string, routes: readonly KnownRoute[]): readonly string[] {
  const methods = routes.filter((route) => fits(path, route.url)).flatMap((route) => route.methods);
  return [...new Set(methods)].toSorted();
}

function fits(path: string, pattern: string): boolean {
  const given = path.split('/');
  const wanted = pattern.split('/');
  return (
    given.length === wanted.length &&
    wanted.every((part, index) => (part.startsWith(':') ? given[index] !== '' : part === given[index]))
  );
}
