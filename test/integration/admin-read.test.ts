import { testAdmin, type TestAdmin } from '../support/admin-app.js';

let admin: TestAdmin;
beforeEach(async () => {
  admin = await testAdmin();
});
afterEach(() => admin.close());

const PATHS = [
  '/',
  '/livez',
  '/readyz',
  '/metrics',
  '/api/v1/status',
  '/api/v1/pools',
  '/api/v1/pools/web',
  '/api/v1/pools/web/backends',
  '/api/v1/pools/web/backends/a',
  '/api/v1/events',
  '/api/v1/workers',
  '/api/v1/config',
  '/api/v1/openapi.json',
];

describe('reading through the admin API', () => {
  it.each(PATHS)('answers %s', async (url) => {
    expect((await admin.request({ method: 'GET', url })).statusCode).toBe(200);
  });
});
