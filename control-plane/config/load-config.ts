/** Reads the configuration file and parses it. Everything that can go wrong is returned as problems of the file. */
import type { ConfigProblem } from './config-problem.js';
import type { Environment } from './environment.js';
import type { Parse } from './parse-aside.js';
import { type Config, type FilePlaces, MAX_CONFIG_BYTES, parseConfig } from './parse-config.js';
import { readSmallFile } from './read-file.js';
import type { ProcessSettings } from './process-settings.js';

export type LoadResult =
  | {
      readonly ok: true;
      readonly config: Config;
      /** SHA-256 of the bytes of the file, lower-case hex. */
      readonly sha256: string;
      readonly text: string;
      readonly filePlaces: FilePlaces;
      readonly warnings: readonly ConfigProblem[];
    }
  | {
      readonly ok: false;
      /** `null` if the file could not be read, as `text` is. */
      readonly sha256: string | null;
      readonly text: string | null;
      readonly problems: readonly ConfigProblem[];
    };

/** Settings of the command line. They replace those of the file, at every load. */
export type Overrides = Partial<Pick<ProcessSettings, 'dataDir'>>;

/** Never rejects. `file` may be relative to the working directory; problems name it as given. */
export async function loadConfig(
  file: string,
  env: Environment,
  overrides: Overrides = {},
  parse: Parse = parseConfig,
): Promise<LoadResult> {
  const read = await readSmallFile(file, MAX_CONFIG_BYTES + 1);
  if (!read.ok) {
    const problem = { file, line: 1, col: 1, path: '', message: read.message };
    return { ok: false, sha256: null, text: null, problems: [problem] };
  }
  const { sha256 } = read;
  const text = read.content.toString('utf8');
  const result = await parse(text, file, env);
  if (!result.ok) return { ...result, sha256, text };
  const { document, process } = result.config;
  return { ...result, config: { document, process: { ...process, ...overrides } }, sha256, text };
}
