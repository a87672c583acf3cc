import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { decodePrimaryMessage, decodeSnapshot, decodeWorkerMessage } from '../../shared/decode.js';
import { primaryMessages, snapshots, workerMessages } from '../support/arbitrary-messages.js';

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

/** A place within a value and what to put there instead; `undefined` takes the key away. */
const mutations = fc.record({ steps: fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }), value: anything });

function mutated(value: unknown, steps: readonly number[], replacement: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof value !== 'object' || value === null) return replacement;
  const keys = Object.keys(value);
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined || ArrayBuffer.isView(value)) return replacement;
  if (Array.isArray(value)) {
    return value.map((element: unknown, index) =>
      String(index) === key ? mutated(element, rest, replacement) : element,
    );
  }
  const { [key]: inner, ...others } = value as Record<string, unknown>;
  const changed = mutated(inner, rest, replacement);
  return changed === undefined ? others : { ...others, [key]: changed };
}

describe('decoding', () => {
  const decoders = [decodeWorkerMessage, decodePrimaryMessage, decodeSnapshot];

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(anything, (value) => {
        for (const decode of decoders) expect(typeof decode(value).ok).toBe('boolean');
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws for a sound value with one place changed, and says where a problem is', () => {
    const sound = fc.oneof(workerMessages, primaryMessages, snapshots);
    fc.assert(
      fc.property(sound, mutations, (value, { steps, value: replacement }) => {
        const changed = mutated(value, steps, replacement);
        for (const decode of decoders) {
          const decoded = decode(changed);
          if (!decoded.ok) expect(decoded.problem).toMatch(/^(message|snapshot)/);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('decoding what was sent', () => {
  // Workers and primary talk by structured cloning, as `v8.serialize` does it.
  it('answers the message of a worker', () => {
    fc.assert(
      fc.property(workerMessages, (message) => {
        expect(decodeWorkerMessage(message)).toEqual({ ok: true, message });
        expect(decodeWorkerMessage(deserialize(serialize(message)))).toMatchObject({ ok: true });
      }),
    );
  });

  it('answers the message of the primary', () => {
    fc.assert(
      fc.property(primaryMessages, (message) => {
        expect(decodePrimaryMessage(message)).toEqual({ ok: true, message });
        expect(decodePrimaryMessage(deserialize(serialize(message)))).toMatchObject({ ok: true });
      }),
    );
  });

  it('answers the snapshot', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        const parsed: unknown = JSON.parse(JSON.stringify(snapshot));
        expect(decodeSnapshot(parsed)).toEqual({ ok: true, snapshot: parsed });
      }),
    );
  });
});
