/**
 * Script behind `npm run generate`: writes the files in `infra/` that are made from the declarations of the settings.
 */
import { writeFileSync } from 'node:fs';
import { generatedFiles } from './generated-files.js';

const infra = new URL('../../../infra/', import.meta.url);

for (const [name, content] of Object.entries(generatedFiles())) {
  writeFileSync(new URL(name, infra), content);
}
