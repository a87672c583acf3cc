import {
  MAX_ATTEMPTS_PER_REPORT,
  MAX_BACKENDS_PER_REPORT,
  MAX_INCREMENTS_PER_DELTA,
  MAX_SERIES_PER_DELTA,
  MAX_TRIALS_PER_BACKEND,
  decodePrimaryMessage,
  decodeSnapshot,
  decodeWorkerMessage,
} from '../../../shared/decode.js';
import { MAX_ADDRESSES } from '../../../shared/resolved-names.js';

const outcome = {
  pool: 'default',
  backend: 'b1',
  generation: 1,
  successes: 3,
  failures: { connect: 1 },
  trials: [
    { permit: 1, result: 'success', returned: true },
    { permit: 2, result: 'failure', reason: 'status', status: 503, returned: false },
  ],
};
const report = { type: 'report', outcomes: [outcome], connections: 1 };
const delta = { type: 'metrics', series: [], firstSeries: 0, values: new Float64Array([0, 1]) };
const session = {
  type: 'session',
  id: 1,
  operation: 'lookup',
  pool: 'default',
  session: 'abcdefghijklmnopqrst_-',
  lifetime: { idleMs: 1, remainingMs: 2 },
};
const definition = { metric: 'requests', labels: ['a'] };
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('a message of a worker', () => {
  it.each<[string, unknown]>([
    ['a report', report],
    ['a report as large as may be', { ...report, outcomes: times(MAX_BACKENDS_PER_REPORT, outcome) }],
    ['a delta', delta],
    ['a delta of a histogram', { ...delta, series: [{ ...definition, part: '3' }] }],
    ['a question for a session', session],
    ['a message with a key of a later release', { ...session, later: 1 }],
  ])('is taken when it is %s', (_name, message) => {
    expect(decodeWorkerMessage(message)).toEqual({ ok: true, message });
  });

  it.each<[string, unknown, string]>([
    ['no object', 'hello', 'message: expected an object'],
    ['of no type', {}, 'message.type: expected one of hello, ready'],
    ['of a type that it inherits', Object.create({ type: 'hello' }), 'message.type: expected one of'],
    ['of the name of a method', { type: 'toString' }, 'message.type: expected one of'],
    ['without a key', { type: 'ack', epoch: 1 }, 'message.version: is missing'],
    ['about a broken count', { ...report, connections: 1.5 }, 'message.connections: expected a whole number'],
    [
      'about a negative count',
      { ...report, connections: -1 },
      'message.connections: expected a whole number',
    ],
    [
      'about too many backends',
      { ...report, outcomes: times(MAX_BACKENDS_PER_REPORT + 1, outcome) },
      'at most',
    ],
    ['about too many loads', { ...report, active: times(MAX_BACKENDS_PER_REPORT + 1, {}) }, 'at most'],
    [
      'about a trial that failed for no reason there is',
      { ...report, outcomes: [{ ...outcome, trials: [{ ...outcome.trials[0], reason: 'boredom' }] }] },
      'message.outcomes[0].trials[0].reason',
    ],
    [
      'about more successes than could be added up',
      { ...report, outcomes: [{ ...outcome, successes: MAX_ATTEMPTS_PER_REPORT + 1 }] },
      'message.outcomes[0].successes: expected a whole number',
    ],
    [
      'about more failures than could be added up',
      { ...report, outcomes: [{ ...outcome, failures: { connect: Number.MAX_SAFE_INTEGER } }] },
      'message.outcomes[0].failures.connect: expected a whole number',
    ],
    [
      'about more addresses than are told',
      { ...report, outcomes: [{ ...outcome, resolved: times(MAX_ADDRESSES + 1, '10.0.0.1') }] },
      'message.outcomes[0].resolved',
    ],
    [
      'about too many trials',
      { ...report, outcomes: [{ ...outcome, trials: times(MAX_TRIALS_PER_BACKEND + 1, {}) }] },
      'at most',
    ],
    [
      'about a backend without a name',
      { ...report, outcomes: [{ ...outcome, backend: '' }] },
      'expected form',
    ],
    ['about a long name', { ...report, outcomes: [{ ...outcome, pool: 'x'.repeat(65) }] }, '64 characters'],
    ['about an unknown reason', { ...report, outcomes: [{ ...outcome, failures: { x: 1 } }] }, 'only keys'],
    ['about outcomes in a map', { ...report, outcomes: new Map() }, 'expected a list'],
    [
      'a delta with too many series',
      { ...delta, series: times(MAX_SERIES_PER_DELTA + 1, definition) },
      'at most',
    ],
    [
      'a delta with too many increments',
      { ...delta, values: new Float64Array(2 * MAX_INCREMENTS_PER_DELTA + 2) },
      'Float64Array of at most',
    ],
    ['a delta with half an increment', { ...delta, values: new Float64Array(3) }, 'in turn'],
    ['a delta that takes back', { ...delta, values: new Float64Array([0, -1]) }, 'in turn'],
    ['a delta without end', { ...delta, values: new Float64Array([0, Infinity]) }, 'in turn'],
    ['a delta of no number', { ...delta, values: new Float64Array([0, Number.NaN]) }, 'in turn'],
    ['a delta in another array', { ...delta, values: new Float32Array(2) }, 'Float64Array'],
    ['a delta in a list', { ...delta, values: [0, 1] }, 'Float64Array'],
    ['a short session id', { ...session, session: 'abc' }, 'message.session: is not of the expected form'],
    ['a session id with a line end', { ...session, session: 'abcdefghijklmnopqrst_\n' }, 'expected form'],
    ['a lifetime of no number', { ...session, lifetime: { idleMs: Number.NaN, remainingMs: 1 } }, 'a number'],
    ['a binding to nothing', { ...session, operation: 'bind' }, 'lacks `to`'],
    ['a rebinding from nothing', { ...session, operation: 'rebind', to: 'b' }, 'lacks `to`, or `from`'],
  ])('is refused when it is %s', (_name, message, problem) => {
    expect(decodeWorkerMessage(message)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });
});

describe('a message of the primary', () => {
  it('may leave open whether there is a session', () => {
    const message = { type: 'session-reply', id: 1, backend: undefined };
    expect(decodePrimaryMessage(message)).toEqual({ ok: true, message });
  });

  it('may carry a Buffer', () => {
    const message = { type: 'snapshot', epoch: 1, version: 1, payload: Buffer.from('{}') };
    expect(decodePrimaryMessage(message).ok).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ['has an empty snapshot', { type: 'snapshot', epoch: 1, version: 1, payload: new Uint8Array() }, 'bytes'],
    ['has a snapshot as text', { type: 'snapshot', epoch: 1, version: 1, payload: '{}' }, 'bytes'],
    ['answers with a broken name', { type: 'session-reply', id: 1, backend: '..' }, 'expected form'],
    ['belongs to the other direction', session, 'message.type'],
  ])('is refused when it %s', (_name, message, problem) => {
    expect(decodePrimaryMessage(message)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });
});

describe('a snapshot', () => {
  it('is refused when something is missing, and says where', () => {
    expect(decodeSnapshot({ epoch: 1, version: 1, seq: 1, at: 1, forwarding: { retry: {} } })).toEqual({
      ok: false,
      problem: 'snapshot.forwarding.retry.attempts: is missing',
    });
  });
});
