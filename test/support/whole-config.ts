/** Configurations of files that are valid and bring a configuration, as those of `serve` do. */
import { assert } from '../../shared/assert.js';
import type { ConfigDocument } from '../../shared/settings.js';
import { type Config, type ParseResult, parseConfig } from '../../control-plane/config/parse-config.js';

export interface WholeConfig extends Config {
  readonly document: ConfigDocument;
}

export function wholeConfigOf(result: ParseResult): WholeConfig {
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const { document } = result.config;
  assert(document !== null, 'the file of a worker');
  return { ...result.config, document };
}

export function wholeConfig(...file: Parameters<typeof parseConfig>): WholeConfig {
  return wholeConfigOf(parseConfig(...file));
}
