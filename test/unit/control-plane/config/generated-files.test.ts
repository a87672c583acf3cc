import { readFileSync } from 'node:fs';
import { configJsonSchema, type SchemaNode } from '../../../../control-plane/config/json-schema.js';
import { generatedFiles } from '../../../../control-plane/config/generated-files.js';
import { formatProblem } from '../../../../control-plane/config/format-problem.js';
import { parseConfig } from '../../../../control-plane/config/parse-config.js';

const infra = new URL('../../../../infra/', import.meta.url);
const committed = (name: string): string => readFileSync(new URL(name, infra), 'utf8');

describe('the files made from the declarations of the options', () => {
  it.each(Object.entries(generatedFiles()))('%s is current (else: npm run generate)', (name, content) => {
    expect(committed(name)).toBe(content);
  });

  it('describe every setting', () => {
    const undescribed: string[] = [];
    const visit = (path: string, node: SchemaNode): void => {
      for (const [key, inner] of Object.entries(node.properties ?? {})) {
        if (inner.description === undefined) undescribed.push(`${path}${key}`);
        visit(`${path}${key}.`, inner);
      }
      if (node.items) visit(`${path}[].`, node.items);
      if (typeof node.additionalProperties === 'object') visit(`${path}*.`, node.additionalProperties);
    };
    visit('', configJsonSchema());
    expect(undescribed).toEqual([]);
  });
});

describe('the examples', () => {
  it.each(['tidegate.example.yaml', 'tidegate.pools.example.yaml', 'demo.yaml'])(
    '%s is valid without a warning',
    (name) => {
      const result = parseConfig(committed(name), name, {}, 2);
      expect(result.ok ? result.warnings : result.problems.map(formatProblem)).toEqual([]);
    },
  );
});
