/**
 * A real Prometheus (Debian: `apt-get install prometheus`) with a file of infra/prometheus as it is, but for where things are
 * and how often it looks: each second. It runs on a free port and in a directory of its own, and ends with the test process.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from './free-port.js';
import { GuardedProgram } from './guarded-program.js';
import { httpGet } from './http-get.js';
import { ROOT } from './source-tree.js';
import { waitUntil } from './wait-until.js';

interface PrometheusOptions {
  /** Its configuration, of infra/prometheus. */
  readonly file: 'prometheus.yml' | 'federate.yml';
  /** What it scrapes, as `127.0.0.1:PORT`. */
  readonly targets: readonly string[];
  /** Its external label, for the Prometheus of a site. */
  readonly site?: string;
  /** File with the token of the hosts, for the Prometheus of a site. */
  readonly tokenFile?: string;
}

interface Config {
  readonly global: Record<string, unknown>;
  readonly scrape_configs: readonly [ScrapeConfig];
}

interface ScrapeConfig {
  authorization?: { credentials_file: string };
  static_configs?: unknown;
  dns_sd_configs?: unknown;
  readonly file_sd_configs: readonly [{ readonly files: readonly [string] }];
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [at: number, value: string];
}

const SCALED = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };

export class PrometheusServer {
  readonly port: number;
  readonly dir: string;
  readonly #options: PrometheusOptions;
  #program: GuardedProgram | null = null;

  private constructor(port: number, options: PrometheusOptions) {
    this.port = port;
    this.#options = options;
    this.dir = mkdtempSync(join(tmpdir(), 'tidegate-prometheus-'));
  }

  static async start(options: PrometheusOptions): Promise<PrometheusServer> {
    const server = new PrometheusServer(await freePort(), options);
    try {
      server.#configure();
      await server.restart();
    } catch (error) {
      await server.dispose();
      throw error;
    }
    return server;
  }

  get target(): string {
    return `127.0.0.1:${this.port}`;
  }

  #configure(): void {
    const { file, targets, site, tokenFile } = this.#options;
    cpSync(join(ROOT, 'infra/prometheus'), this.dir, { recursive: true });
    const config = parse(readFileSync(join(this.dir, file), 'utf8')) as Config;
    Object.assign(config.global, SCALED);
    const [scrape] = config.scrape_configs;
    if (site !== undefined) config.global['external_labels'] = { site };
    if (tokenFile !== undefined && scrape.authorization !== undefined) {
      scrape.authorization.credentials_file = tokenFile;
    }
    delete scrape.static_configs;
    delete scrape.dns_sd_configs;
    const [{ files }] = scrape.file_sd_configs;
    const list = join(this.dir, files[0].replace('*', 'tried'));
    mkdirSync(join(list, '..'));
    writeFileSync(list, stringify([{ targets }]));
    writeFileSync(join(this.dir, file), stringify(config));
  }

  /** Starts it, after it was killed or for the first time, with what it has stored. */
  async restart(): Promise<void> {
    const program = await GuardedProgram.start([
      'prometheus',
      `--config.file=${join(this.dir, this.#options.file)}`,
      `--storage.tsdb.path=${join(this.dir, 'data')}`,
      `--web.listen-address=${this.target}`,
    ]);
    this.#program = program;
    await waitUntil('Prometheus to be ready', async () => {
      if (/prometheus: (?:\w+: )*not found|err="error loading config/.test(program.log)) {
        throw new Error(`Prometheus cannot be run (Debian: apt-get install prometheus): ${program.log}`);
      }
      return httpGet(`http://${this.target}/-/ready`).then(
        ({ status }) => status === 200,
        () => false,
      );
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${program.log}`);
    });
  }

  /** Ends it at once, as a crash does. What it has stored stays. */
  async kill(): Promise<void> {
    const program = this.#program;
    this.#program = null;
    await program?.kill();
  }

  /** Ends it and removes its directory. */
  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** The answer to an instant query, now. */
  async query(expression: string): Promise<readonly Sample[]> {
    const path = `/api/v1/query?query=${encodeURIComponent(expression)}`;
    const { status, body } = await httpGet(`http://${this.target}${path}`);
    if (status !== 200) throw new Error(`${expression}: ${body}`);
    return (JSON.parse(body) as { data: { result: Sample[] } }).data.result;
  }

  /** The answer to a query with one sample; `null`: it has none. */
  async value(expression: string): Promise<number | null> {
    const samples = await this.query(expression);
    if (samples.length > 1) throw new Error(`${expression}: ${samples.length} samples`);
    const [sample] = samples;
    return sample === undefined ? null : Number(sample.value[1]);
  }
}
