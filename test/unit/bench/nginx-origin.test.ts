import { nginxOrigin } from '../../bench/nginx-origin.js';
import { SCENARIOS } from '../../bench/scenarios.js';

describe('nginxOrigin', () => {
  const sizes = SCENARIOS.map(({ responseBytes }) => responseBytes);
  const { config, bodies } = nginxOrigin(sizes, 9000, '/bench', false);

  it('has an answer for every scenario, each once', () => {
    for (const size of new Set(sizes)) expect(config.split(`location = /bytes/${size} {`)).toHaveLength(2);
  });

  it('keeps small bodies in the configuration and large ones in files', () => {
    expect(config).toContain(`return 200 "${'x'.repeat(64)}"`);
    expect(bodies).toEqual(
      new Map([
        ['body-65536', 65_536],
        ['body-1048576', 1_048_576],
      ]),
    );
  });

  it('hangs up on whoever is not on the loopback', () => {
    expect(config).toContain('geo $outside { default 1; 127.0.0.0/8 0; }');
    expect(config).toContain('if ($outside) { return 444; }');
  });
});
