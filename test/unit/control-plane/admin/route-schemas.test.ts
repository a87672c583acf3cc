import { fastify } from 'fastify';
import {
  addNamedDocuments,
  type AdminApp,
  answers,
  json,
} from '../../../../control-plane/admin/route-schemas.js';
import { ReloadDocument } from '../../../../control-plane/documents/config-documents.js';
import { NewBackend, PoolParams } from '../../../../control-plane/documents/pool-documents.js';

const response = answers({ 200: json(ReloadDocument, 'The result.') });
const right = { result: 'applied', events: 1, restart_needed: [], drift: 0 } as const;

/** What the compiler says is the test: `@ts-expect-error` fails the build where there is no error. */
describe('a route', () => {
  it('may answer what it declares, and nothing else', () => {
    const app: AdminApp = fastify();
    app.get('/right', { schema: { response } }, async () => right);
    // @ts-expect-error A result that is none.
    app.get('/other-value', { schema: { response } }, async () => ({ ...right, result: 'done' }));
    // @ts-expect-error Without the number of differences.
    app.get('/missing', { schema: { response } }, async () => ({ ...right, drift: undefined }));
    app.get('/sent', { schema: { response } }, async (_request, reply) => {
      // @ts-expect-error Text is not declared.
      await reply.send('done');
    });
    expect(app.printRoutes()).toContain('right');
  });

  it('knows what comes by what it declares', async () => {
    const app: AdminApp = fastify();
    addNamedDocuments(app);
    const schema = { params: PoolParams.json, body: NewBackend.json };
    app.post('/:pool', { schema }, async ({ params, body }) => {
      const told: readonly [pool: string, url: string] = [params.pool, body.url];
      // @ts-expect-error No pool has a colour.
      return [...told, params.colour];
    });
    const payload = { id: 'a', url: 'http://a:1', weight: 3 };
    const answer = await app.inject({ method: 'POST', url: '/web', payload });
    expect(answer.json()).toEqual(['web', 'http://a:1', null]);
  });
});
