/** Settings that are valid but probably not what was meant. They are logged and change nothing. */
import type { LongFormInput, ShortFormInput } from './config-schema.js';
import { WEIGHTS_DO_NOT_COUNT, weightsCount } from './weights.js';
import type { PoolInput } from './pool-options.js';
import type { Path } from './yaml-document.js';

export interface Warning {
  readonly path: Path;
  readonly message: string;
}

/** `cores` is the number of workers of a file that names none. */
export function warningsOf(input: ShortFormInput | LongFormInput, cores: number): readonly Warning[] {
  const warnings: Warning[] = [];
  const workers = input.workers ?? cores;
  for (const [index, network] of input.trusted_proxies.entries()) {
    if (!network.endsWith('/0')) continue;
    warnings.push({ path: ['trusted_proxies', index], message: 'every client may claim any address' });
  }
  if (!('pools' in input)) return [...warnings, ...poolWarnings(input, workers, [])];
  const { pools, routes = [] } = input;
  const routed = new Set(routes.map(({ pool }) => pool));
  for (const [name, pool] of Object.entries(pools)) {
    warnings.push(...poolWarnings(pool, workers, ['pools', name]));
    if (routes.length > 0 && !routed.has(name)) {
      warnings.push({ path: ['pools', name], message: 'no route leads to this pool' });
    }
  }
  return warnings;
}

function poolWarnings(pool: PoolInput, workers: number, path: Path): Warning[] {
  const { backends } = pool;
  const warnings = [
    ...limitWarnings(pool, workers, path),
    ...backends.flatMap((backend, index) => limitWarnings(backend, workers, [...path, 'backends', index])),
  ];
  if (backends.length > 0 && backends.every(({ weight }) => weight === 0)) {
    warnings.push({
      path: [...path, 'backends'],
      message: 'every weight is 0: no backend takes new traffic',
    });
  }
  warnings.push(...weightWarnings(pool, path));
  return warnings;
}

/** Who gives weights wants them to count. */
function weightWarnings({ algorithm, backends }: PoolInput, path: Path): Warning[] {
  if (weightsCount(algorithm, backends)) return [];
  const first = backends.find(({ weight }) => weight > 0)?.weight;
  const other = backends.findIndex(({ weight }) => weight > 0 && weight !== first);
  return [{ path: [...path, 'backends', other, 'weight'], message: WEIGHTS_DO_NOT_COUNT }];
}

/** Each worker has a whole share of at least 1. */
function limitWarnings(
  { max_connections: limit }: Pick<PoolInput, 'max_connections'>,
  workers: number,
  path: Path,
): Warning[] {
  if (limit === undefined || limit >= workers) return [];
  const message = `each of ${workers} workers has a share of 1, so there may be ${workers}`;
  return [{ path: [...path, 'max_connections'], message }];
}
