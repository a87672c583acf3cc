/** Documents about pools and backends: those that are read, and those that change something. */
import { ADMIN_STATES, AVAILABILITIES, BREAKER_PHASES, HEALTHS } from '#shared/backend-state.js';
import { NAME_PATTERN } from '#shared/ids.js';
import { ALGORITHMS } from '#shared/settings/algorithms.js';
import { backendSettings } from '#shared/settings/backend.js';
import { pool } from '#shared/settings/pool.js';
import type { TypeOf } from '#shared/shape.js';
import * as field from './field.js';
import { OtherVerdicts } from './fleet-documents.js';
import { settingFields } from './setting-fields.js';

export const BackendDocument = field.named(
  'Backend',
  field.object(
    {
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
      origin: field.oneOf(['file', 'api'], 'Whether it comes from the file or was added through the API.'),
      generation: field.count('Changes when the id is given to another server.'),
      active_requests: field.count('Requests in flight, all workers.'),
      max_connections: field.nullable(
        field.count('Most requests in flight, by its own limit or that of its pool; null: no limit.'),
      ),
    },
    {
      verdict_of: field.text('The host whose verdict this is. Absent where there is no fleet.'),
      elsewhere: OtherVerdicts,
    },
  ),
);
export interface BackendDocument extends TypeOf<typeof BackendDocument> {}

export const BackendsDocument = field.object({ backends: field.list(BackendDocument) });

/** Settings of a pool in the words and units of the configuration file. */
const poolSettings = { ...settingFields(pool), algorithm: field.word(ALGORITHMS) };

export const PoolDocument = field.named(
  'Pool',
  field.object(
    {
      id: field.text(),
      version: field.count('Number of the last event that changed the pool. Compared by If-Match.'),
      ...poolSettings,
      panic: field.flag(),
      sessions: field.nullable(
        field.count(),
        'Bindings in the session table of this host; null: they are in Redis and not counted.',
      ),
      pending_requests: field.count('Requests that wait for a slot at a backend.'),
      backends: field.list(BackendDocument),
    },
    { verdict_of: field.text('The host whose verdict panic is. Absent where there is no fleet.') },
  ),
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

/** Longest URL accepted, in characters. A host name has at most 253. */
const MAX_URL_LENGTH = 300;

export const NewBackend = field.object(
  {
    id: name('Unique in its pool.'),
    url: field.withKeywords(field.text('http:// or https://, host and port.'), {
      maxLength: MAX_URL_LENGTH,
    }),
  },
  settingFields(backendSettings),
);

export const BackendChange = field.withKeywords(
  field.object(
    {},
    {
      ...settingFields(backendSettings),
      admin: field.oneOf(
        ADMIN_STATES,
        'ready: takes traffic · draining: only existing sessions · maintenance: no traffic.',
      ),
    },
  ),
  { minProperties: 1 },
);

/**
 * A change of a pool: the settings to change. `null` turns a section off, or sets a setting back to its default. Only
 * the names of settings are declared here, because the schema of the configuration file reads the values.
 */
export const PoolChange = field.withKeywords(
  field.object(
    {},
    Object.fromEntries(
      Object.values(pool.fields).map(({ name, means }) => [
        name,
        field.anything(
          `${means} Keys, units and ranges as in the configuration file. A setting that is not given stays as it is. null sets it back to its default, or turns a section off. Any key in a section turns it on.`,
        ),
      ]),
    ),
  ),
  { minProperties: 1 },
);
