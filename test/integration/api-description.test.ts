import { CHECK_METHODS } from '../../shared/settings/health-check.js';
import { sticky } from '../../shared/settings/pool.js';
import { WRITE_OUTCOMES } from '../../control-plane/documents/fleet-documents.js';
import { PROBLEM_TYPES } from '../../control-plane/documents/problem-document.js';
import { ACTOR_KINDS } from '../../control-plane/domain/actor.js';
import { EVENTS } from '../../control-plane/domain/events.js';
import { POOL_STANDINGS } from '../../control-plane/domain/pool-standing.js';
import { ROLL_STATES } from '../../control-plane/workers/roller.js';
import { WORKER_PHASES } from '../../control-plane/workers/worker-status.js';
import { ROLES } from '../../shared/role.js';
import { ADMIN_STATES, AVAILABILITIES, BREAKER_PHASES, HEALTHS } from '../../shared/backend-state.js';
import { ALGORITHMS } from '../../shared/settings/algorithms.js';
import { testAdmin, type TestAdmin } from '../support/admin-app.js';

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

let admin: TestAdmin;
let description: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
};
beforeAll(async () => {
  admin = await testAdmin();
  description = (await admin.request({ method: 'GET', url: '/api/v1/openapi.json' })).json();
});
afterAll(() => admin.close());

function operations(): readonly (Operation & { readonly name: string })[] {
  return Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
  );
}

/** Writes that change no version. */
const WITHOUT_VERSION = [
  'post /api/v1/config/reload',
  'post /api/v1/config/validate',
  'delete /api/v1/pools/{pool}/sessions',
  'delete /api/v1/pools/{pool}/sessions/{session}',
  'post /api/v1/workers/roll',
];

describe('the description of the API', () => {
  it('gives every operation a name of its own', () => {
    const ids = operations().map(({ operationId }) => operationId);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/);
  });

  it('says of each write that it needs If-Match, and what refuses it', () => {
    const writes = operations().filter(({ name }) => !/^(?:get|head) /.test(name));
    expect(writes.length).toBeGreaterThan(WITHOUT_VERSION.length);
    for (const { name, parameters = [] } of writes) {
      const versions = parameters.filter((parameter) => parameter.in === 'header');
      const expected = WITHOUT_VERSION.includes(name) ? [] : [{ name: 'If-Match', required: true }];
      expect({ name, versions }).toMatchObject({ name, versions: expected });
      expect(versions).toHaveLength(expected.length);
    }
  });

  it('says of each operation that it may be refused with a problem document', () => {
    for (const { name, responses } of operations()) {
      for (const code of ['4XX', '5XX']) {
        expect({ name, answer: responses[code] }).toEqual({
          name,
          answer: {
            description: expect.any(String),
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
        });
      }
    }
  });

  it('lists what the code lists, wherever it names the values of something', () => {
    const lists = [
      ADMIN_STATES,
      HEALTHS,
      BREAKER_PHASES,
      AVAILABILITIES,
      ALGORITHMS,
      ACTOR_KINDS,
      WORKER_PHASES,
      POOL_STANDINGS,
      ROLL_STATES,
      ROLES,
      Object.keys(sticky.variants?.of ?? {}),
      CHECK_METHODS,
      Object.keys(EVENTS),
      WRITE_OUTCOMES,
      Object.keys(PROBLEM_TYPES).map((type) => `urn:tidegate:${type}`),
    ].map((list) => JSON.stringify(list));
    // Words of the API alone, and the zero of durations and sizes, which needs no unit.
    const own = [
      ['file', 'api'],
      ['applied', 'unchanged', 'older'],
      ['in-force', 'older', 'not-applied'],
      ['following', 'autonomous'],
      ['asc', 'desc'],
      ['true', 'false'],
      [true],
      [0],
    ].map((list) => JSON.stringify(list));
    const found = new Set(enumsIn(description).map((list) => JSON.stringify(list)));
    expect([...found].toSorted()).toEqual([...lists, ...own].toSorted());
  });
});

function enumsIn(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'enum' in value && Array.isArray(value.enum) ? [value.enum] : [];
  return [...own, ...Object.values(value).flatMap(enumsIn)];
}
