import { connectRaw, type RawClient } from '../support/raw-client.js';
import { Tidegate } from '../support/tidegate-process.js';

const CONFIG = `
listen: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
workers: 1
backends: [{ id: a, url: "http://127.0.0.1:9" }]
`;
/** More than the admin listener takes at once. */
const HELD = 300;

it('probes, metrics and the command line are answered while hundreds of connections are held open', async () => {
  const tidegate = await Tidegate.start(CONFIG);
  const held: RawClient[] = [];
  try {
    const kinds = ['', 'GET /livez HTT', 'POST /x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n'];
    for (const text of kinds) {
      const clients = await Promise.all(Array.from({ length: HELD }, () => connectRaw(tidegate.adminPort)));
      for (const client of clients) {
        client.send(text);
        held.push(client);
      }
      for (const path of ['/livez', '/readyz', '/metrics']) {
        expect([path, (await tidegate.api(path)).status]).toEqual([path, 200]);
      }
      expect((await tidegate.cli('status')).code).toBe(0);
    }
    const metrics = await tidegate.metrics();
    expect(metrics.get('tidegate_admin_connections_ended_total{reason="gave_way"}')).toBeGreaterThan(HELD);
    const warnings = tidegate.lines.filter(({ msg }) => msg?.startsWith('the admin listener is full'));
    expect(warnings).toHaveLength(1);
  } finally {
    for (const client of held) client.close();
    await tidegate.dispose();
  }
});

it('goes on answering while the largest file is checked', async () => {
  const tidegate = await Tidegate.start(CONFIG);
  try {
    const order: string[] = [];
    const headers = { 'content-type': 'application/yaml' };
    const body = `a: [${'1,'.repeat(450_000)}]`;
    const checked = tidegate
      .api('/api/v1/config/validate', { method: 'POST', headers, body })
      .then((answer) => {
        order.push('checked');
        return answer;
      });
    for (let i = 0; i < 5; i++) {
      expect((await tidegate.api('/livez')).status).toBe(200);
      order.push('alive');
    }
    expect((await checked).body).toMatchObject({ valid: false });
    expect(order).toEqual(['alive', 'alive', 'alive', 'alive', 'alive', 'checked']);
  } finally {
    await tidegate.dispose();
  }
});
