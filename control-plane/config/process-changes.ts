/** Says which settings of a new file cannot be applied while the processes run. */
import { processSection, type ProcessSettings } from './process-settings.js';
import { writtenOf } from './settings-of.js';

/**
 * One part of a sentence per setting, such as `listen.port: 8080 in force, 9090 in the file`. Empty if no restart is
 * needed.
 */
export function processChanges(inForce: ProcessSettings, inFile: ProcessSettings): readonly string[] {
  const before = new Map(entriesOf(inForce));
  const after = new Map(entriesOf(inFile));
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((key) => ({ key, from: before.get(key) ?? 'none', to: after.get(key) ?? 'none' }))
    .filter(({ from, to }) => from !== to)
    .map(({ key, from, to }) => `${key}: ${from} in force, ${to} in the file`);
}

/** The settings by their names in the file, with values as people write them. */
function entriesOf(settings: ProcessSettings): readonly (readonly [string, string])[] {
  return leavesOf('', writtenOf(processSection, settings));
}

function leavesOf(prefix: string, value: unknown): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[prefix, String(value)]];
  const at = prefix === '' ? '' : `${prefix}.`;
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(`${at}${key}`, inner));
}
