/** Pools and backends: how they are read, and what changes them. */
import { ADMIN_STATES, AVAILABILITIES, BREAKER_PHASES, HEALTHS } from '#shared/backend-state.js';
import { NAME_PATTERN } from '#shared/ids.js';
import { ALGORITHMS } from '#shared/settings/algorithms.js';
import type { TypeOf } from '#shared/shape.js';
import * as field from './field.js';

export const BackendDocument = field.named(
  'Backend',
  field.object({
    pool: field.text(),
    id: field.text(),
    url: field.text(),
    weight: field.count(),
    admin: field.oneOf(ADMIN_STATES),
    health: field.oneOf(HEALTHS),
    health_since: field.time(),
    breaker: field.object(
      {
        state: field.oneOf(BREAKER_PHASES),
        since: field.time(),
        openings: field.count('Openings in a row.'),
      },
      { until: field.time('While open: when trials begin.') },
    ),
    availability: field.oneOf(AVAILABILITIES),
    since: field.time('Since when it has this availability.'),
    since_ms: field.count(),
    reason: field.text('Why it has this availability, in one line.'),
    origin: field.oneOf(['file', 'api'], 'Whether the file has it, or it was added through the API.'),
    generation: field.count('Changes when the id is given to another server.'),
    active_requests: field.count('Requests in flight, all workers.'),
    max_connections: field.nullable(
      field.count('Requests that it is given at once, its own number or its pool’s; null: any number.'),
    ),
  }),
);
export interface BackendDocument extends TypeOf<typeof BackendDocument> {}

export const BackendsDocument = field.object({ backends: field.list(BackendDocument) });

/** Settings of a pool in the words and units of the configuration file. */
const poolSettings = {
  algorithm: field.word(ALGORITHMS),
  health_check: field.open(),
  circuit_breaker: field.open(),
  max_connections: field.nullable(field.count('For backends without a number of their own. null: no limit.')),
  queue: field.open(),
  sticky_session: field.open(),
};
const PoolSettingsDocument = field.object(poolSettings);
export interface PoolSettingsDocument extends TypeOf<typeof PoolSettingsDocument> {}

export const PoolDocument = field.named(
  'Pool',
  field.object({
    id: field.text(),
    version: field.count('Number of the last event that changed the pool. Compared by If-Match.'),
    ...poolSettings,
    panic: field.flag(),
    sessions: field.count('Bindings in the session table.'),
    pending_requests: field.count('Requests that wait for room at a backend.'),
    backends: field.list(BackendDocument),
  }),
);
export interface PoolDocument extends TypeOf<typeof PoolDocument> {}

export const PoolsDocument = field.object({ pools: field.list(PoolDocument) });

export function name(description?: string): field.Field<string> {
  return field.matching(NAME_PATTERN, description);
}

export const PoolParams = field.object({ pool: name('Name of the pool.') });
export interface PoolParams extends TypeOf<typeof PoolParams> {}

export const BackendParams = field.object({
  pool: name('Name of the pool.'),
  id: name('Name of the backend.'),
});
export interface BackendParams extends TypeOf<typeof BackendParams> {}

const weight = field.integer(0, 1_000, 'Relative share of traffic. 0: no new traffic, sticky sessions stay.');
const limit = field.integer(1, 1_000_000);
const maxConnections = field.nullable(
  limit,
  'Requests and tunnels in flight that this host gives it at once. null: what its pool says.',
);

/** Longest URL taken: a host name has at most 253 characters. */
const MAX_URL_LENGTH = 300;

export const NewBackend = field.object(
  {
    id: name('Unique in its pool.'),
    url: field.withKeywords(field.text('http:// or https://, host and port.'), {
      maxLength: MAX_URL_LENGTH,
    }),
  },
  { weight: field.withKeywords(weight, { default: 1 }), max_connections: maxConnections },
);

export const BackendChange = field.withKeywords(
  field.object(
    {},
    {
      weight,
      max_connections: maxConnections,
      admin: field.oneOf(
        ADMIN_STATES,
        'ready: takes traffic · draining: only sessions that are there · maintenance: no traffic.',
      ),
    },
  ),
  { minProperties: 1 },
);

/** Values are read by the schemas of the configuration file; here only what has a value is told. */
const section = field.nullable(
  field.open(
    'Keys, units and ranges as in the configuration file, for example {"interval": "10s"}. Keys not given stay as they are, null sets one back to its default. null for the section turns it off, any key turns it on.',
  ),
);

/** What changes a pool: the settings to change. `null` turns a section off, or a setting to its default. */
export const PoolChange = field.withKeywords(
  field.object(
    {},
    {
      algorithm: field.oneOf(ALGORITHMS),
      health_check: section,
      circuit_breaker: section,
      max_connections: field.nullable(limit, 'For backends without a number of their own. null: no limit.'),
      queue: field.nullable(
        field.open(
          'What becomes of requests while all backends are at their limit. Keys, units and ranges as in the configuration file; null sets them back to their defaults.',
        ),
      ),
      sticky_session: section,
    },
  ),
  { minProperties: 1 },
);
export interface PoolChange extends TypeOf<typeof PoolChange> {}
