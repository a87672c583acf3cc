import { readText } from '../../../../control-plane/fleet/read-text.js';
import { flag, object } from '../../../../shared/shape.js';

const SHAPE = object({ on: flag });

it.each([
  ['{"on":true}', { ok: true, value: { on: true } }],
  ['{"on":false}', { ok: false, problem: 'thing: has 12 characters, more than 11' }],
  ['{"on":tru}', { ok: false, problem: 'thing: is not JSON' }],
  ['{"on":1}', { ok: false, problem: 'thing.on: expected true or false' }],
])('reads %s, or says what is wrong with it', (text, expected) => {
  expect(readText(SHAPE, text, { name: 'thing', maxLength: 11 })).toEqual(expected);
});
