/** The version of this release, from package.json. */
import { readFileSync } from 'node:fs';

function readVersion(): string {
  const path = new URL('../../package.json', import.meta.url);
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) return String(parsed.version);
  throw new Error(`${path.pathname} has no version`);
}

export const TIDEGATE_VERSION = readVersion();
