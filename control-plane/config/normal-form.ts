/** Turns a checked configuration file into the settings that the rest of Tidegate uses. It cannot fail. */
import { poolId } from '#shared/ids.js';
import { backend, route } from '#shared/settings/backend.js';
import { limits, retry, timeouts } from '#shared/settings/forwarding.js';
import { pool as poolSettings } from '#shared/settings/pool.js';
import type { ConfigDocument, ForwardingSettings, PoolDefinition, Route } from '#shared/settings.js';
import { type Input, SHORT_FORM_KEYS } from './config-schema.js';
import { processSection, type ProcessSettings } from './process-settings.js';
import { settingsOf } from './settings-of.js';

/** Name of the only pool of the short form. */
export const DEFAULT_POOL = 'default';

/** What the meaning of the file depends on, beside its text. */
interface FilePlace {
  /** Directory that relative paths start from. */
  readonly directory: string;
  /** Default for `workers`. */
  readonly cores: number;
}

export function documentOf(input: Input, place: FilePlace): ConfigDocument {
  const pools = mapping(input['pools'] ?? { [DEFAULT_POOL]: poolOfShortForm(input) });
  const definitions = Object.entries(pools).map(([name, pool]) => poolOf(name, mapping(pool), place));
  return {
    forwarding: forwardingOf(input, place),
    pools: definitions,
    routes: routesOf(input, definitions, place),
  };
}

export function processSettingsOf(input: Input, place: FilePlace): ProcessSettings {
  return settingsOf(processSection, input, { ...place, pool: '' });
}

function forwardingOf(input: Input, place: FilePlace): ForwardingSettings {
  const at = { ...place, pool: '' };
  const { access, access_sample_ratio: ratio } = mapping(input['log']);
  const { enabled, path } = mapping(mapping(input['metrics'])['prometheus']);
  return {
    retry: settingsOf(retry, mapping(input['retry']), at),
    timeouts: settingsOf(timeouts, mapping(input['timeouts']), at),
    limits: settingsOf(limits, mapping(input['limits']), at),
    trustedProxies: [...new Set(list(input['trusted_proxies']).map(String))],
    metricsPath: enabled === true ? String(path) : null,
    accessLogRatio: access === 'sampled' ? Number(ratio) : access === 'on' ? 1 : 0,
  };
}

function poolOfShortForm(input: Input): Input {
  return Object.fromEntries(SHORT_FORM_KEYS.map((key) => [key, input[key]]));
}

function poolOf(name: string, pool: Input, place: FilePlace): PoolDefinition {
  const at = { ...place, pool: name };
  return {
    id: poolId(name),
    settings: settingsOf(poolSettings, pool, at),
    backends: list(pool['backends']).map((entry) => settingsOf(backend, mapping(entry), at)),
  };
}

/** Without routes there is only one pool, and every request goes to it. */
function routesOf(input: Input, pools: readonly PoolDefinition[], place: FilePlace): readonly Route[] {
  const given = list(input['routes'] ?? []);
  if (given.length === 0) return pools.map(({ id }) => ({ host: null, pathPrefix: '/', pool: id }));
  return given.map((entry) => settingsOf(route, mapping(entry), { ...place, pool: '' }));
}

/** Casts without a check, here and in `list`, because the schema has checked what is a mapping and what is a list. */
function mapping(value: unknown): Input {
  return value as Input;
}

function list(value: unknown): readonly unknown[] {
  return value as readonly unknown[];
}
