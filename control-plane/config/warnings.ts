/** Settings that are valid but probably not what was meant. They are logged and change nothing. */
import type { LongFormInput, ShortFormInput } from './config-schema.js';
import type { PoolInput } from './pool-options.js';
import type { Path } from './yaml-document.js';

export interface Warning {
  readonly path: Path;
  readonly message: string;
}

export function warningsOf(input: ShortFormInput | LongFormInput): readonly Warning[] {
  const warnings: Warning[] = [];
  for (const [index, network] of input.trusted_proxies.entries()) {
    if (!network.endsWith('/0')) continue;
    warnings.push({ path: ['trusted_proxies', index], message: 'every client may claim any address' });
  }
  if (!('pools' in input)) return [...warnings, ...poolWarnings(input, [])];
  const { pools, routes = [] } = input;
  const routed = new Set(routes.map(({ pool }) => pool));
  for (const [name, pool] of Object.entries(pools)) {
    warnings.push(...poolWarnings(pool, ['pools', name]));
    if (routes.length > 0 && !routed.has(name)) {
      warnings.push({ path: ['pools', name], message: 'no route leads to this pool' });
    }
  }
  return warnings;
}

function poolWarnings(pool: PoolInput, path: Path): Warning[] {
  const { backends } = pool;
  const idle = backends.length > 0 && backends.every(({ weight }) => weight === 0);
  return idle
    ? [{ path: [...path, 'backends'], message: 'every weight is 0: no backend takes new traffic' }]
    : [];
}
