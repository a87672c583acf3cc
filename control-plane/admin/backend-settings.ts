/** Reads settings of a backend from requests, in the words of the configuration file. */
import { backendSettings, type BackendSettings } from '#shared/settings/backend.js';
import type { Changes } from '#shared/settings/choose.js';
import { Expected } from '#shared/settings/kind.js';
import type { FieldProblem } from '../documents/problem-document.js';

type Named = Readonly<Record<string, unknown>>;

type ReadChanges =
  | { readonly kind: 'changes'; readonly changes: Changes<BackendSettings> }
  | { readonly kind: 'problems'; readonly problems: readonly FieldProblem[] };

/**
 * The settings that a request names. `null` takes the value of a setting away. The schema of the route has already
 * refused unknown settings.
 */
export function readChanges(body: Named): ReadChanges {
  const changes: Record<string, unknown> = {};
  const problems: FieldProblem[] = [];
  for (const [key, field] of Object.entries(backendSettings.fields)) {
    const raw = body[field.name];
    if (raw === undefined || field.is !== 'value') continue;
    const value = raw === null ? null : field.kind.read(raw);
    if (value instanceof Expected) problems.push({ path: field.name, message: value.message });
    else changes[key] = value;
  }
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'changes', changes };
}
