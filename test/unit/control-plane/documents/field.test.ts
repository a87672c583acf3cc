import * as field from '../../../../control-plane/documents/field.js';
import { decodeShape, type TypeOf } from '../../../../shared/shape.js';
import { schemaProblems } from '../../../support/schema-problems.js';

type Case = readonly [name: string, one: field.Field<unknown>, taken: unknown[], refused: unknown[]];

const pair = field.object({ a: field.count() }, { b: field.text() });
const CASES: readonly Case[] = [
  ['text', field.text(), ['', 'x'], [1, null, undefined, ['x']]],
  ['text of a form', field.matching(/^[a-z]+$/), ['abc'], ['', 'A', 1]],
  ['a time', field.time(), ['2026-01-01T00:00:00.000Z'], [0, null]],
  ['a count', field.count(), [0, 1, 2 ** 40], [-1, 0.5, '1', null]],
  ['a whole number', field.integer(1, 9), [1, 9], [0, 10, 1.5]],
  ['true or false', field.flag(), [true, false], ['true', 0, null]],
  ['a text out of some', field.oneOf(['x', 'y']), ['x', 'y'], ['z', '', null]],
  ['an open object', field.open(), [{}, { a: { b: 1 } }], [[], null, 'x']],
  ['anything', field.anything('?'), [null, 0, 'x', [], {}], []],
  ['a count or null', field.nullable(field.count()), [0, null], [-1, 'x']],
  ['a text out of some, or null', field.nullable(field.oneOf(['x'])), ['x', null], ['y', 'null']],
  ['an object or null', field.nullable(pair), [{ a: 1 }, null], [{}, [], 'x']],
  ['a list', field.list(field.count()), [[], [1, 2]], [[-1], {}, null]],
  ['an object', pair, [{ a: 1 }, { a: 1, b: 'x' }], [{}, { b: 'x' }, { a: 1, b: 2 }, [], null]],
];

function taken(one: field.Field<unknown>, value: unknown) {
  return {
    byShape: decodeShape(one, value, 'answer').ok,
    bySchema: schemaProblems(value, one.json, {}).length === 0,
  };
}

describe('a part of a document', () => {
  it.each(CASES)('that is %s takes the same by its shape and by its schema', (_name, one, right, wrong) => {
    for (const value of right) {
      expect({ value, ...taken(one, value) }).toEqual({ value, byShape: true, bySchema: true });
    }
    for (const value of wrong) {
      expect({ value, ...taken(one, value) }).toEqual({ value, byShape: false, bySchema: false });
    }
  });

  it('is referred to by its name where it has one', () => {
    const thing = field.named('Thing', pair);
    expect(field.list(thing).json).toEqual({ type: 'array', items: { $ref: 'Thing#' } });
    expect(field.nullable(thing).json).toEqual({ anyOf: [{ $ref: 'Thing#' }, { type: 'null' }] });
    expect(thing.definition).toEqual(pair.json);
  });

  it('has a description where one is given, and keywords for requests', () => {
    const one = field.withKeywords(field.nullable(field.count('inner'), 'outer'), { default: 1 });
    expect(one.json).toEqual({
      type: ['integer', 'null'],
      minimum: 0,
      description: 'outer',
      default: 1,
    });
  });

  it('gives TypeScript its type', () => {
    const whole: TypeOf<typeof pair> = { a: 1 };
    // @ts-expect-error `a` is required.
    const partial: TypeOf<typeof pair> = { b: 'x' };
    // @ts-expect-error There is no `c`.
    const other: TypeOf<typeof pair> = { a: 1, c: 1 };
    expect([whole, partial, other]).toHaveLength(3);
  });
});

describe('answers of a newer release', () => {
  it.each([
    ['keys that are not known', pair, { a: 1, c: 2 }],
    ['a word that is not known', field.word(['x', 'y']), 'z'],
    ['a word of the catalogues that is not known', field.wordOf('EventType'), 'SomethingNew'],
  ])('are taken with %s, as they are', (_name, one, value) => {
    expect(decodeShape<unknown>(one, value, 'answer')).toEqual({ ok: true, value });
  });
});
