/** Settings of one backend, and of a route. */
import * as shapes from '../shape.js';
import { integer } from './amounts.js';
import { routeRetry, routeTimeouts } from './forwarding.js';
import { Expected, lengthProblem, type Kind } from './kind.js';
import { backendName, backendUrl, poolName, requestHost } from './names.js';
import { connectionLimit } from './pool.js';
import {
  merged,
  optional,
  optionalGroup,
  orNull,
  required,
  section,
  setting,
  type SettingsOf,
} from './section.js';

/** Relative share of traffic. */
export const weight = integer(0, 1_000);

/** The settings of a backend that operators may change at run time. */
export const backendSettings = section({
  weight: setting('weight', weight, 1, {
    means:
      'Relative share of traffic; with `round-robin` all but 0 are equal. 0: no new traffic, sticky sessions stay.',
  }),
  maxConnections: optional('max_connections', connectionLimit, {
    means: 'As in the pool, for this backend alone.',
    defaultText: 'that of the pool',
  }),
});
export type BackendSettings = SettingsOf<typeof backendSettings>;

export const backend = merged(
  section({
    id: required('id', backendName, {
      means: 'Name of the backend, unique in its pool. It stays the same when the address changes.',
    }),
    address: required('url', backendUrl, {
      means: '`http://` or `https://`, host and port. No path, query or password.',
    }),
  }),
  backendSettings,
);
export type BackendDefinition = SettingsOf<typeof backend>;

/** The longest path prefix of a route, in characters. */
const MAX_PREFIX = 8_192;

const pathPrefix: Kind<string> = {
  read: (raw) => {
    if (typeof raw !== 'string' || !/^\/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/.test(raw)) {
      return new Expected('expected a path such as /api, in URL characters, without query');
    }
    if (/\/\/|\/\.\.?(?:\/|$)/.test(raw)) {
      return new Expected('expected a path without empty, . or .. segments');
    }
    const problem = lengthProblem(raw, MAX_PREFIX);
    if (problem !== null) return new Expected(problem);
    return raw.length > 1 && raw.endsWith('/') ? raw.slice(0, -1) : raw;
  },
  write: (prefix) => prefix,
  shape: shapes.text(MAX_PREFIX),
  json: { type: 'string', 'x-unit': 'path' },
};

/**
 * A request goes to the pool of the most specific route. An exact host takes precedence over any host; then the longest path
 * prefix wins.
 */
export const route = section({
  host: orNull('host', requestHost, {
    means: 'Host that the request names, without port, in any case.',
    defaultText: 'any host',
  }),
  pathPrefix: setting('path_prefix', pathPrefix, '/', {
    means: 'Whole segments that the path begins with: `/api` matches `/api` and `/api/x`, never `/apix`.',
  }),
  pool: required('pool', poolName, { means: 'Pool that matching requests go to.' }),
  timeouts: optionalGroup('timeouts', routeTimeouts, 'Over `timeouts` of the pool, setting by setting.'),
  retry: optionalGroup('retry', routeRetry, 'Over `retry` of the pool, setting by setting.'),
});
export type Route = SettingsOf<typeof route>;
