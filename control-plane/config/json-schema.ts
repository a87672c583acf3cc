/**
 * The JSON Schema of the configuration, in draft 7 because editors understand it; and functions that walk through it.
 */
import { z } from 'zod';
import { anyForm } from './config-schema.js';
import type { Path } from './yaml-document.js';

/** The parts of a schema that the reference and the suggestions read. */
export interface SchemaNode {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly required?: readonly string[];
  /** `{}` on a key that is declared only to be refused. */
  readonly not?: SchemaNode;
  readonly 'x-unit'?: string;
  readonly 'x-range'?: string;
  readonly 'x-default'?: string;
}

export function configJsonSchema(): SchemaNode {
  return z.toJSONSchema(anyForm, { io: 'input', target: 'draft-7' }) as SchemaNode;
}

/** Keys that the mapping at `path` may have. */
export function knownKeys(schema: SchemaNode, path: Path): readonly string[] {
  let node: SchemaNode | undefined = schema;
  for (const step of path) {
    const { properties, items, additionalProperties }: SchemaNode = node ?? {};
    if (typeof step === 'number') node = items;
    else {
      node =
        properties?.[step] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    }
  }
  return allowedKeys(node ?? {}).map(([key]) => key);
}

/** Keys of the mapping, without those that are declared only to be refused. */
export function allowedKeys(node: SchemaNode): readonly (readonly [key: string, node: SchemaNode])[] {
  return Object.entries(node.properties ?? {}).filter(([, inner]) => inner.not === undefined);
}
