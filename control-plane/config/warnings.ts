/** Finds settings that are valid but probably not what was meant. They are only logged. */
import type { ConfigDocument, PoolDefinition } from '#shared/settings.js';
import type { ProcessSettings } from './process-settings.js';
import { weightsCount, weightsDoNotCount } from './weights.js';
import type { Path } from './yaml-document.js';

interface Warning {
  readonly path: Path;
  readonly message: string;
}

/** @param isLongForm whether the pools of the file are under `pools` */
export function warningsOf(
  config: { readonly process: ProcessSettings; readonly document: ConfigDocument | null },
  isLongForm: boolean,
): readonly Warning[] {
  const { document, process } = config;
  if (document === null) return [];
  const warnings: Warning[] = [];
  for (const [index, network] of document.forwarding.trustedProxies.entries()) {
    if (!network.endsWith('/0')) continue;
    warnings.push({ path: ['trusted_proxies', index], message: 'every client may claim any address' });
  }
  const routed = new Set<string>(document.routes.map(({ pool }) => pool));
  for (const pool of document.pools) {
    const path = isLongForm ? ['pools', pool.id] : [];
    warnings.push(...poolWarnings(pool, process.workers, path));
    if (!routed.has(pool.id)) warnings.push({ path, message: 'no route leads to this pool' });
  }
  return warnings;
}

function poolWarnings(pool: PoolDefinition, workers: number, path: Path): Warning[] {
  const { settings, backends } = pool;
  const warnings = [
    ...limitWarnings(settings.maxConnections, workers, path),
    ...backends.flatMap((backend, index) =>
      limitWarnings(backend.maxConnections, workers, [...path, 'backends', index]),
    ),
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

/** Somebody who gives weights expects them to count. */
function weightWarnings({ settings, backends }: PoolDefinition, path: Path): Warning[] {
  if (weightsCount(settings.algorithm, backends)) return [];
  const first = backends.find(({ weight }) => weight > 0)?.weight;
  const other = backends.findIndex(({ weight }) => weight > 0 && weight !== first);
  const message = weightsDoNotCount(settings.algorithm);
  return [{ path: [...path, 'backends', other, 'weight'], message }];
}

/** Each worker gets a whole share of a limit, at least 1. */
function limitWarnings(limit: number | undefined, workers: number, path: Path): Warning[] {
  if (limit === undefined || limit >= workers) return [];
  const message = `the limit is ${workers} in effect, because each of the ${workers} workers gets at least 1`;
  return [{ path: [...path, 'max_connections'], message }];
}
