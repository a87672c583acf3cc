/** Script behind `npm run generate`: writes what is made from the declarations of the options into `infra/`. */
import { writeFileSync } from 'node:fs';
import { generatedFiles } from './generated-files.js';

const infra = new URL('../../../infra/', import.meta.url);

for (const [name, content] of Object.entries(generatedFiles())) {
  writeFileSync(new URL(name, infra), content);
}
