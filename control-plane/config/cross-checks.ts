/**
 * Checks what one value of the configuration says about another: names that must exist, duplicates, and settings that
 * exclude or need each other. It looks at the file as written, valid or not, so that these problems are reported
 * together with all others. A value that it cannot read is left to the schema.
 */
import { Expected } from '#shared/settings/kind.js';
import { backendUrl, isLoopback } from '#shared/settings/names.js';
import { suggest } from '#shared/suggest.js';
import { isRecord } from '#shared/is-record.js';
import { SHORT_FORM_KEYS } from './config-schema.js';
import { redisProblems } from './redis-checks.js';
import type { ValueProblem } from './schema-problems.js';
import type { Path } from './yaml-document.js';

type Mapping = Readonly<Record<string, unknown>>;

export function crossChecks(file: Mapping): readonly ValueProblem[] {
  return [
    ...formProblems(file),
    ...listenerProblems(file),
    ...redisProblems(file),
    ...poolProblems(file),
    ...routeProblems(file),
  ];
}

function formProblems(file: Mapping): ValueProblem[] {
  const problems: ValueProblem[] = [];
  if (Object.hasOwn(file, 'pools')) {
    for (const key of SHORT_FORM_KEYS.filter((name) => Object.hasOwn(file, name))) {
      problems.push(
        problemAtKey([key], 'expected inside a pool: a file with pools has no pool keys at its top level'),
      );
    }
  } else if (Object.hasOwn(file, 'routes')) {
    problems.push(problemAtKey(['routes'], 'expected only together with pools'));
  }
  return problems;
}

function listenerProblems(file: Mapping): ValueProblem[] {
  const problems: ValueProblem[] = [];
  const listen = mapping(file['listen']) ?? {};
  const admin = mapping(file['admin']) ?? {};
  const tls = mapping(listen['tls']);
  if (tls && tls['enabled'] !== false && tls['enabled'] !== 'false') {
    for (const key of ['cert_file', 'key_file'].filter((name) => !Object.hasOwn(tls, name))) {
      problems.push(problem(['listen', 'tls', key], 'this setting is required with TLS'));
    }
  }
  const adminHost = admin['host'] ?? '127.0.0.1';
  if (typeof adminHost === 'string' && !isLoopback(adminHost) && !Object.hasOwn(admin, 'token_file')) {
    problems.push(problem(['admin', 'host'], 'expected a loopback address, or a token_file beside it'));
  }
  const port = Number(listen['port'] ?? 8080);
  const listenHost = listen['host'] ?? '0.0.0.0';
  const overlap = listenHost === adminHost || isWildcard(listenHost) || isWildcard(adminHost);
  if (port !== 0 && port === Number(admin['port'] ?? 9900) && overlap) {
    const path = Object.hasOwn(admin, 'port') ? ['admin', 'port'] : ['listen', 'port'];
    problems.push(problem(path, 'expected different ports for listen and admin'));
  }
  return problems;
}

function poolProblems(file: Mapping): ValueProblem[] {
  if (!Object.hasOwn(file, 'pools')) return backendProblems(file['backends'], ['backends']);
  const pools = mapping(file['pools']);
  if (!pools) return [];
  const names = Object.keys(pools);
  const problems = names.flatMap((name) =>
    backendProblems(mapping(pools[name])?.['backends'], ['pools', name, 'backends']),
  );
  if (names.length === 0) problems.push(problem(['pools'], 'expected at least one pool'));
  const routes = file['routes'];
  if (names.length > 1 && (routes === undefined || (Array.isArray(routes) && routes.length === 0))) {
    problems.push(
      problemAtKey([routes === undefined ? 'pools' : 'routes'], 'expected routes: there are several pools'),
    );
  }
  return problems;
}

function backendProblems(backends: unknown, path: Path): ValueProblem[] {
  if (!Array.isArray(backends)) return [];
  const problems: ValueProblem[] = [];
  const ids = new Map<string, number>();
  const addresses = new Map<string, number>();
  for (const [index, entry] of backends.entries()) {
    const { id, url } = mapping(entry) ?? {};
    if (typeof id === 'string') {
      const first = ids.get(id);
      if (first === undefined) ids.set(id, index);
      else problems.push(taken([...path, index, 'id'], 'this name is taken', [...path, first, 'id']));
    }
    const address = backendUrl.read(url);
    if (address instanceof Expected) continue;
    const key = `${address.protocol} ${address.host} ${address.port}`;
    const first = addresses.get(key);
    if (first === undefined) addresses.set(key, index);
    else problems.push(taken([...path, index, 'url'], 'this address is taken', [...path, first, 'url']));
  }
  return problems;
}

function routeProblems(file: Mapping): ValueProblem[] {
  const { pools, routes } = file;
  if (!Array.isArray(routes)) return [];
  const names = Object.keys(mapping(pools) ?? {});
  const problems: ValueProblem[] = [];
  const seen = new Map<string, number>();
  for (const [index, entry] of routes.entries()) {
    const route = mapping(entry);
    if (!route) continue;
    const { host = '', path_prefix: prefix = '/', pool } = route;
    if (typeof pool === 'string' && names.length > 0 && !names.includes(pool)) {
      const near = suggest(pool, names);
      const hint = near === null ? '' : `; did you mean ${near}?`;
      problems.push(problem(['routes', index, 'pool'], `expected the name of a pool${hint}`));
    }
    if (typeof host !== 'string' || typeof prefix !== 'string') continue;
    const key = `${host.toLowerCase()} ${prefix.replace(/(?<=.)\/$/, '')}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else problems.push(taken(['routes', index], 'this host and path are taken', ['routes', first]));
  }
  return problems;
}

/** `other` has already taken something that only one may have. */
function taken(path: Path, message: string, other: Path): ValueProblem {
  return { path, atKey: false, message, other };
}

function problem(path: Path, message: string): ValueProblem {
  return { path, atKey: false, message };
}

function problemAtKey(path: Path, message: string): ValueProblem {
  return { path, atKey: true, message };
}

function isWildcard(host: unknown): boolean {
  return host === '0.0.0.0' || host === '::';
}

function mapping(value: unknown): Mapping | null {
  return isRecord(value) ? value : null;
}
