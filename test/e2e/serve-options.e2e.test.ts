import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppServer } from '../support/app-server.js';
import { httpGet } from '../support/http-get.js';
import { backendList, base } from '../support/scenario.js';
import { Tidegate } from '../support/tidegate-process.js';

describe('serve --data-dir', () => {
  let app: AppServer;
  const started: Tidegate[] = [];
  beforeAll(async () => {
    app = await AppServer.start('app1');
  });
  afterAll(async () => {
    for (const tidegate of started.reverse()) await tidegate.dispose();
    await app.kill();
  });

  it('keeps the data of a second instance away from those of the first, over reloads too', async () => {
    const yaml = `${base(1)}${backendList([app])}`;
    const first = await Tidegate.start(yaml);
    started.push(first);
    const second = Tidegate.prepare(yaml);
    started.push(second);
    // Of the same file as the first, as somebody would who wants to try something beside it.
    await second.run(first.configFile, '--data-dir', join(second.dir, 'elsewhere'));
    expect(existsSync(join(second.dir, 'elsewhere', 'session-key'))).toBe(true);
    const keys = [join(first.dir, 'data'), join(second.dir, 'elsewhere')].map((dir) =>
      readFileSync(join(dir, 'session-key'), 'utf8'),
    );
    expect(keys[0]).not.toBe(keys[1]);
    expect((await httpGet(second.url('/'))).body).toBe('app1');
    first.write(yaml.replace('weight: 1', 'weight: 2'));
    const reloaded = await second.cli('reload', '--json');
    expect(JSON.parse(reloaded.stdout)).toMatchObject({ restart_needed: [] });
  });
});
