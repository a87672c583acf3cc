import {
  both,
  bytes,
  decodeShape,
  doubles,
  finite,
  flag,
  integer,
  list,
  nullable,
  object,
  oneOf,
  pair,
  partialRecord,
  record,
  text,
  tagged,
  variants,
  where,
  type Shape,
} from '../../../shared/shape.js';

interface Person {
  readonly name: string;
  readonly age?: number;
}
const person = record<Person>({ name: text(5) }, { age: integer(0, 150) });
type Figure = { readonly kind: 'dot' } | { readonly kind: 'disc'; readonly radius: number };
const figure = variants<'kind', Figure>('kind', {
  dot: record({ kind: oneOf('dot') }),
  disc: record({ kind: oneOf('disc'), radius: finite(0, 10) }),
});

const cases: readonly [name: string, shape: Shape<unknown>, sound: unknown[], unsound: unknown[]][] = [
  ['text', text(3, /^a/), ['a', 'abc'], ['', 'abcd', 'b', 1, null, undefined, new String('a')]],
  ['text of any form', text(3), ['', 'abc'], ['abcd']],
  ['integer', integer(1, 3), [1, 3], [0, 4, 1.5, '1', Number.NaN, 1n, null]],
  ['integer without end', integer(0), [0, Number.MAX_SAFE_INTEGER], [2 ** 53, -1]],
  ['finite', finite(0, 1), [0, 0.5, 1], [-0.1, 1.1, Number.NaN, Infinity, '0', null]],
  ['finite, wide', finite(-Infinity, Infinity), [-5], [Infinity, -Infinity]],
  ['flag', flag, [true, false], [0, 'true', null]],
  ['oneOf', oneOf('a', 'b'), ['a', 'b'], ['c', undefined]],
  ['nullable', nullable(flag), [null, true], [undefined, 0]],
  ['list', list(flag, 2), [[], [true, false]], [[true, true, true], [1], {}, 'ab', [undefined]]],
  [
    'both',
    both(object({ name: text(9) }), object({ age: integer(0) })),
    [{ name: 'a', age: 1 }],
    [{ name: 'a' }, { age: 1 }, { name: 'a', age: -1 }, null],
  ],
  ['pair', pair(flag, text(1)), [[true, 'a']], [[true], [true, 'a', 1], ['a', true], [1, 'a'], {}]],
  ['record', person, [{ name: 'a' }, { name: 'a', age: 1, more: 2 }], [{}, { name: 1 }, [], null, 'a']],
  [
    'record with a broken optional key',
    person,
    [],
    [
      { name: 'a', age: -1 },
      { name: 'a', age: undefined },
    ],
  ],
  ['record without a prototype', person, [Object.assign(Object.create(null), { name: 'a' })], []],
  ['record by inheritance', person, [], [Object.create({ name: 'a' })]],
  ['variants', figure, [{ kind: 'dot' }, { kind: 'disc', radius: 1 }], [{ kind: 'disc' }, { kind: 'x' }, 3]],
  [
    'object',
    object({ name: text(9) }, { age: integer(0) }),
    [{ name: 'a' }, { name: 'a', age: 1, more: true }],
    [{ age: 1 }, { name: 'a', age: -1 }, [], null],
  ],
  [
    'tagged',
    tagged('kind', { dot: object({}), disc: object({ radius: finite(0, 10) }) }),
    [{ kind: 'dot' }, { kind: 'disc', radius: 1 }],
    [{ kind: 'disc' }, { kind: 'x' }, {}, 3],
  ],
  ['partialRecord', partialRecord(['a', 'b'], flag), [{}, { b: true }], [{ c: true }, { a: 1 }, [], null]],
  ['bytes', bytes(1, 2), [new Uint8Array(1), Buffer.alloc(2)], [new Uint8Array(), Buffer.alloc(3), [1], 'a']],
  ['bytes of another kind', bytes(0, 9), [], [new Int8Array(1), new DataView(new ArrayBuffer(1))]],
  ['bytes in name', bytes(0, 9), [], [{ [Symbol.toStringTag]: 'Uint8Array', length: 1 }]],
  ['doubles', doubles(1), [new Float64Array(1)], [new Float64Array(2), new Float32Array(1), [1]]],
  ['where', where(integer(0), (n) => n % 2 === 0, 'is odd'), [2], [1, 'a']],
];

describe('shapes', () => {
  it.each(cases)('%s', (_name, shape, sound, unsound) => {
    for (const value of sound) expect(decodeShape(shape, value, 'v')).toEqual({ ok: true, value });
    for (const value of unsound) {
      expect(decodeShape(shape, value, 'v')).toEqual({ ok: false, problem: expect.stringMatching(/^v/) });
    }
  });

  it('says where the first problem is', () => {
    const shape = record<{ readonly people: readonly Person[] }>({ people: list(person, 9) });
    expect(shape.problem({ people: [{ name: 'a' }, { name: 'a', age: 'old' }] }, 'v')).toBe(
      'v.people[1].age: expected a whole number, 0 to 150',
    );
    expect(pair(flag, flag).problem([true, 3], 'v')).toBe('v[1]: expected true or false');
    expect(oneOf('a').problem(1, 'v')).toBe('v: expected a');
    expect(oneOf('a', 'b').problem(1, 'v')).toBe('v: expected one of a, b');
  });
});
