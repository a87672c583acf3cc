import { standingOfFile } from '../../../../control-plane/fleet/whose-file.js';

const APPLIED = { sha256: 'now', previous: ['before', 'long-before'] };

describe('whose file counts', () => {
  it.each([
    ['nothing is in force', { sha256: 'x', hasChanged: false }, null, 'news'],
    ['it has changed', { sha256: 'before', hasChanged: true }, APPLIED, 'news'],
    ['it says what is in force', { sha256: 'now', hasChanged: false }, APPLIED, 'in-force'],
    ['it says what was in force before', { sha256: 'long-before', hasChanged: false }, APPLIED, 'older'],
    ['it says what never was', { sha256: 'new', hasChanged: false }, APPLIED, 'news'],
  ] as const)('%s', (_name, file, applied, standing) => {
    expect(standingOfFile(file, applied)).toBe(standing);
  });
});
