/** Second half of `npm run generate`: writes the tables of limits into `data-plane/README.md`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withLimits } from './limits-tables.js';

const readme = new URL('../../../data-plane/README.md', import.meta.url);

writeFileSync(readme, withLimits(readFileSync(readme, 'utf8')));
