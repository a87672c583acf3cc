import { SCENARIOS, requestHead } from '../../bench/scenarios.js';
import { SUBJECTS } from '../../bench/subjects.js';
import { lackingNative } from '../../bench/tidegate.js';
import { wholeConfig } from '../../support/whole-config.js';

const setup = {
  backends: ['127.1.0.1:8081', '127.1.0.2:8081'],
  port: 8080,
  directory: '/bench',
  certificate: { certFile: '/cert.pem', keyFile: '/key.pem', pem: 'PEM' },
  root: false,
  checkout: '/checkout',
  node: 'node',
};

describe('the subjects of the bench', () => {
  const tidegate = SUBJECTS.filter(({ name }) => name.startsWith('tidegate-'));

  it.each(
    SCENARIOS.flatMap((scenario) =>
      tidegate.map((subject) => [subject.name, scenario.name, scenario, subject] as const),
    ),
  )('gives %s a configuration for %s that Tidegate accepts', (_subject, _scenario, scenario, subject) => {
    const text = subject.launch({ ...setup, scenario }).files['tidegate.yaml'] ?? '';
    const { process, document } = wholeConfig(text, '/bench/tidegate.yaml', {}, 1);
    expect(process).toMatchObject({ workers: 1, engine: subject.name.replace('tidegate-', '') });
    expect(process.listen.tls !== null).toBe(scenario.tls);
    const [pool] = document.pools;
    expect(pool?.backends).toHaveLength(2);
    expect(pool?.settings.sticky !== null).toBe(scenario.sticky);
    expect(pool?.settings.healthCheck).not.toBeNull();
    expect(pool?.settings.breaker).not.toBeNull();
  });

  it('gives no native figure unless native leads to an engine of its own', () => {
    expect(
      lackingNative("case 'native':\n      case 'compat':\n return new CompatEngine(context);"),
    ).not.toBeNull();
    expect(lackingNative("case 'native':\n return new CompatEngine(context);")).not.toBeNull();
    expect(lackingNative("case 'native':\n return new NativeEngine(context);")).toBeNull();
  });
});

describe('requestHead', () => {
  it('sends a browser’s fields in 14 lines and about 800 bytes', () => {
    const head = requestHead(SCENARIOS.find(({ name }) => name === 'browser-headers')!);
    expect(head.trimEnd().split('\r\n')).toHaveLength(15);
    expect(Math.abs(head.length - 800)).toBeLessThan(40);
  });

  it('ends every line', () => {
    for (const scenario of SCENARIOS) {
      expect(requestHead(scenario)).toMatch(/^(GET|POST) [^\n]*(\r\n[^\r\n]+)+\r\n$/);
    }
  });
});
