/**
 * The files in `infra/` that are made from the declarations of the settings, by name. A test fails if they are out of
 * date.
 */
import { renderReference } from './config-reference.js';
import { configJsonSchema } from './json-schema.js';

export function generatedFiles(): Readonly<Record<string, string>> {
  const schema = configJsonSchema();
  const titled = { title: 'Tidegate configuration', ...schema };
  return {
    'tidegate.schema.json': `${JSON.stringify(titled, null, 2)}\n`,
    'configuration.md': renderReference(schema),
  };
}
