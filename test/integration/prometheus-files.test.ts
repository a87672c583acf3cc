/**
 * The files of infra/prometheus, judged by Prometheus' own promtool (Debian: `apt-get install prometheus`). Without it these
 * tests fail: rules that nobody has tried are none.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { METRICS } from '../../control-plane/metrics/catalogue.js';
import { ROOT } from '../support/source-tree.js';
import { useTempDirs } from '../support/temp-dir.js';

const FILES = join(ROOT, 'infra/prometheus');

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly { readonly record: string; readonly expr: string }[];
  }[];
}

interface CaseFile {
  readonly tests: readonly { readonly promql_expr_test: readonly { readonly expr: string }[] }[];
}

const read = (file: string): string => readFileSync(join(FILES, file), 'utf8');
const ruleFiles = globSync('rules/*.yml', { cwd: FILES });
const rules = ruleFiles
  .map((file) => parse(read(file)) as RuleFile)
  .flatMap(({ groups }) => groups.flatMap((group) => group.rules));

const tempDir = useTempDirs();

/** What promtool says; fails where it is missing. */
function promtool(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { encoding: 'utf8' });
  if (error !== undefined) {
    throw new Error('promtool cannot be run: install it (Debian: apt-get install prometheus)', {
      cause: error,
    });
  }
  return { status, output: stdout + stderr };
}

/** All of infra/prometheus, with the files that an installation adds. */
function installation(changes: Readonly<Record<string, string>> = {}): string {
  const dir = tempDir();
  cpSync(FILES, dir, { recursive: true });
  for (const place of ['targets', 'sites']) {
    mkdirSync(join(dir, place));
    writeFileSync(join(dir, place, 'more.yml'), "- targets: ['127.0.0.1:9900']\n");
  }
  writeFileSync(join(dir, 'token'), 'a token');
  const site = read('prometheus.yml').replace(/credentials_file: [^ ]+/, 'credentials_file: token');
  writeFileSync(join(dir, 'prometheus.yml'), site);
  for (const [file, text] of Object.entries(changes)) writeFileSync(join(dir, file), text);
  return dir;
}

describe.each(['prometheus.yml', 'federate.yml'])('%s', (file) => {
  it('is what Prometheus takes', () => {
    expect(promtool('check', 'config', '--lint=all', '--lint-fatal', join(installation(), file))).toEqual({
      status: 0,
      output: expect.stringContaining('SUCCESS'),
    });
  });

  it('is judged by a tool that sees mistakes', () => {
    const dir = installation({ [file]: read(file).replace('scrape_interval', 'scrape_intervall') });
    expect(promtool('check', 'config', join(dir, file))).toEqual({
      status: 1,
      output: expect.stringContaining('scrape_intervall'),
    });
  });
});

describe('rules', () => {
  it('are read by the Prometheus of a site, every file of them', () => {
    const { output } = promtool('check', 'config', join(installation(), 'prometheus.yml'));
    expect(ruleFiles).not.toEqual([]);
    for (const file of ruleFiles) expect(output).toContain(file);
  });

  it('give what their cases say', () => {
    const files = globSync('tests/*.yml', { cwd: FILES });
    expect(files).not.toEqual([]);
    for (const file of files) {
      expect(promtool('test', 'rules', join(FILES, file))).toEqual({
        status: 0,
        output: expect.stringContaining('SUCCESS'),
      });
    }
  });

  it('have a case each', () => {
    const asked = globSync('tests/*.yml', { cwd: FILES })
      .map((file) => parse(read(file)) as CaseFile)
      .flatMap(({ tests }) => tests.flatMap((test) => test.promql_expr_test.map(({ expr }) => expr)));
    expect(rules.map(({ record }) => record).filter((record) => !asked.includes(record))).toEqual([]);
  });

  it('fail their cases where one forgets what came before, or adds plain counters', () => {
    const text = read('rules/pool.yml');
    const forgetful = text.replace(/\[6h\] offset 1ms/g, '[6h] offset 7h');
    const blind = text.replace(/code=~"5\.\.\|other"/g, 'code=~"5.."');
    const greedy = text.replace(/pool!="-"/g, 'pool!=""');
    for (const changed of [forgetful, blind, greedy]) {
      expect(changed).not.toBe(text);
      const dir = installation({ 'rules/pool.yml': changed });
      expect(promtool('test', 'rules', join(dir, 'tests/pool.yml'))).toMatchObject({ status: 1 });
    }
  });

  it('read what the catalogue of metrics has, by labels that it has', () => {
    const catalogue = new Map(Object.values(METRICS).map(({ name, labels }) => [name, labels]));
    const selectors = rules.flatMap(({ expr }) => [...expr.matchAll(/(?<![\w:])(tidegate_\w+)\{([^}]*)\}/g)]);
    expect(selectors.length).toBeGreaterThan(0);
    for (const [, name = '', matchers = ''] of selectors) {
      const labels: readonly string[] = catalogue.get(name) ?? [];
      const named = [...matchers.matchAll(/(\w+)[=!]/g)].map(([, label = '']) => label);
      expect([name, named.filter((label) => !labels.includes(label))]).toEqual([name, []]);
    }
  });

  it('are named level:metric:operations, and the global Prometheus reads those of pools, not those of hosts', () => {
    const [pattern = ''] = /(?<=__name__=~").*(?=")/.exec(read('federate.yml')) ?? [];
    const federated = new RegExp(`^(?:${pattern})$`);
    for (const { record } of rules) {
      expect(record).toMatch(/^(instance_pool|pool):tidegate_[a-z_]+:[a-z0-9]+$/);
      expect([record, federated.test(record)]).toEqual([record, record.startsWith('pool:')]);
    }
  });
});
