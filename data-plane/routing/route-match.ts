/**
 * Which pool a request is for: exact host before any host, then the longest path prefix on whole segments. Matching walks
 * a tree of segments, so it costs by the depth of the routes and not by their number.
 *
 * Matching is on the path as sent, which is also what is forwarded. But backends read paths in their own ways: they may
 * resolve `/..`, merge `//`, decode `%2F`, or drop `;parameters`. Where such a reading would lead to another pool, a
 * client could pass a route's border (route `/public`, ask `/public/%2e%2e/admin`). Rewriting paths would break
 * backends that mean what they say (`/files/a%2Fb`). So a path that could be read as a path of two pools is refused, and any
 * other is passed on untouched. Not covered: backends that decode twice or ignore case.
 */
import type { ErrorCode } from '#shared/error-code.js';
import type { Route } from '#shared/settings.js';
import { normaliseRouteHost } from './host.js';
import { hasOtherReadings, otherReadings } from './path-readings.js';

/**
 * Longest path that is read in other ways, in characters. Each reading costs by the path's length: 8 KB of encoded dots
 * took a millisecond, so such a path is refused rather than read.
 */
export const MAX_AMBIGUOUS_PATH = 2_048;

interface RouteNode<T> {
  target: T | null;
  readonly children: Map<string, RouteNode<T>>;
}

export interface RouteIndex<T> {
  readonly hosts: ReadonlyMap<string, RouteNode<T>>;
  readonly anyHost: RouteNode<T>;
  /** Some route has a path: only then can two readings of a path lead to different pools. */
  readonly usesPaths: boolean;
}

/** Has a route index. In practice this is the routing table. */
export interface Routed<T> {
  readonly routes: RouteIndex<T>;
}

/** What a route leads to: a pool, and perhaps more that the route says. */
export interface LeadsToPool {
  readonly pool: unknown;
}

/**
 * Routes without a target are left out. Of two routes for the same host and prefix the first counts.
 * @param targetOf `undefined`: the pool of the route is not known
 */
export function buildRouteIndex<T>(
  routes: readonly Route[],
  targetOf: (route: Route) => T | undefined,
): RouteIndex<T> {
  const hosts = new Map<string, RouteNode<T>>();
  const anyHost = emptyNode<T>();
  let usesPaths = false;
  for (const route of routes) {
    const { host, pathPrefix } = route;
    const target = targetOf(route);
    if (target === undefined) continue;
    const root = host === null ? anyHost : childOf(hosts, normaliseRouteHost(host));
    const segments = pathPrefix.split('/').slice(1);
    // `/api/` means `/api`: a prefix ends at the end of a segment anyhow.
    if (segments.at(-1) === '') segments.pop();
    let node = root;
    for (const segment of segments) node = childOf(node.children, segment);
    node.target ??= target;
    usesPaths ||= segments.length > 0;
  }
  return { hosts, anyHost, usesPaths };
}

/**
 * Where a request goes, or why it goes nowhere.
 * @param host as `normaliseHost` gives it
 * @param path as sent, without the query
 */
export function routeRequest<T extends LeadsToPool>(
  table: Routed<T>,
  host: string | null,
  path: string,
): T | Extract<ErrorCode, 'no_route' | 'bad_request'> {
  // Not allowed in a request target (RFC 9112 §3.2), and cut off by some backends.
  if (path.includes('#')) return 'bad_request';
  const { routes } = table;
  const found = lookUp(routes, host, path);
  if (routes.usesPaths && hasOtherReadings(path)) {
    if (path.length > MAX_AMBIGUOUS_PATH) return 'bad_request';
    for (const reading of otherReadings(path)) {
      if (lookUp(routes, host, reading)?.pool !== found?.pool) return 'bad_request';
    }
  }
  return found ?? 'no_route';
}

/** As `routeRequest`, for callers that need not tell a missing route from a bad path. */
export function matchRoute<T extends LeadsToPool>(
  table: Routed<T>,
  host: string | null,
  path: string,
): T | null {
  const found = routeRequest(table, host, path);
  return typeof found === 'string' ? null : found;
}

function lookUp<T>(routes: RouteIndex<T>, host: string | null, path: string): T | null {
  const root = host === null ? undefined : routes.hosts.get(host);
  const exact = root === undefined ? null : walk(root, path);
  return exact ?? walk(routes.anyHost, path);
}

/** The target of the longest prefix. A path without a leading slash (`*`) has the root only. */
function walk<T>(root: RouteNode<T>, path: string): T | null {
  let found = root.target;
  let node = root;
  let start = 1;
  while (node.children.size > 0 && start <= path.length && path.startsWith('/')) {
    const slash = path.indexOf('/', start);
    const end = slash < 0 ? path.length : slash;
    const child = node.children.get(path.slice(start, end));
    if (child === undefined) break;
    node = child;
    found = child.target ?? found;
    start = end + 1;
  }
  return found;
}

function emptyNode<T>(): RouteNode<T> {
  return { target: null, children: new Map() };
}

function childOf<T>(children: Map<string, RouteNode<T>>, name: string): RouteNode<T> {
  const known = children.get(name);
  if (known !== undefined) return known;
  const created = emptyNode<T>();
  children.set(name, created);
  return created;
}
