/**
 * Checks the other files that the configuration names: certificates, keys, the token, passwords and the secret of the
 * hosts. Their problems have the same form as problems of the configuration file, and are reported at the setting that
 * names the file.
 */
import type { ConfigProblem } from './config-problem.js';
import { AdminError, readAdminToken } from './admin-token.js';
import { loadCertificate } from './certificates.js';
import { readClusterFiles } from './cluster-files.js';
import type { Environment } from './environment.js';
import { type LoadResult, loadConfig, type Overrides } from './load-config.js';
import type { Parse } from './parse-aside.js';
import { type FileSetting, parseConfig } from './parse-config.js';
import type { Role } from '#shared/role.js';
import type { ProcessSettings } from './process-settings.js';

interface Finding {
  readonly setting: FileSetting;
  readonly message: string;
}

interface Findings {
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/**
 * Like `loadConfig`, but also checks the other files that a start needs. `at` is the time of the start, in milliseconds
 * since 1970.
 */
export async function loadForStart(
  file: string,
  env: Environment,
  at: number,
  overrides: Overrides = {},
  role: Role = 'serve',
): Promise<LoadResult> {
  const parse: Parse = (text, name) => parseConfig(text, name, env, undefined, role);
  const loaded = await loadConfig(file, env, overrides, parse);
  if (!loaded.ok) return loaded;
  const { problems, warnings } = await findingsOf(loaded.config.process, at);
  const told = ({ setting, message }: Finding): ConfigProblem => {
    const place = loaded.filePlaces[setting] ?? { line: 1, col: 1 };
    return { file, ...place, path: setting, message };
  };
  if (problems.length > 0) return { ...loaded, ok: false, problems: problems.map(told) };
  return { ...loaded, warnings: [...loaded.warnings, ...warnings.map(told)] };
}

/**
 * Why a start would refuse the files that these settings name, by setting. An expired certificate is not among the
 * reasons.
 */
export async function startProblems(settings: ProcessSettings): Promise<ReadonlyMap<string, string>> {
  const { problems } = await findingsOf(settings, 0);
  return new Map(problems.map(({ setting, message }) => [setting, message]));
}

async function findingsOf(settings: ProcessSettings, at: number): Promise<Findings> {
  const { listen, admin } = settings;
  const found = [
    await tokenFindings(admin.tokenFile),
    await certificateFindings(listen.tls, at),
    await readClusterFiles(settings),
  ];
  return {
    problems: found.flatMap(({ problems }) => problems),
    warnings: found.flatMap(({ warnings }) => warnings),
  };
}

const NOTHING: Findings = { problems: [], warnings: [] };

async function certificateFindings(files: ProcessSettings['listen']['tls'], at: number): Promise<Findings> {
  if (files === null) return NOTHING;
  const result = await loadCertificate(files, at);
  if (!result.ok) {
    const setting = result.culprit === 'certFile' ? 'listen.tls.cert_file' : 'listen.tls.key_file';
    return { problems: [{ setting, message: result.problem }], warnings: [] };
  }
  if (result.warning === null) return NOTHING;
  return { problems: [], warnings: [{ setting: 'listen.tls.cert_file', message: result.warning }] };
}

async function tokenFindings(file: string | null): Promise<Findings> {
  if (file === null) return NOTHING;
  const setting = 'admin.token_file';
  try {
    const { warning } = await readAdminToken(file);
    return { problems: [], warnings: warning === null ? [] : [{ setting, message: warning }] };
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    return { problems: [{ setting, message: error.message }], warnings: [] };
  }
}
