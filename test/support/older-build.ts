/** A build of an earlier commit, made from the history of this checkout, beside the present one. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface OlderBuild {
  readonly cli: string;
  dispose(): void;
}

/** `null`: this checkout does not have the commit, because its history is cut off. */
export function olderBuild(commit: string): OlderBuild | null {
  const root = process.cwd();
  const run = (program: string, args: readonly string[], cwd = root): Buffer =>
    execFileSync(program, args, { cwd, maxBuffer: 2 ** 28, stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    run('git', ['cat-file', '-e', `${commit}^{commit}`]);
  } catch {
    return null;
  }
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-older-'));
  const dispose = (): void => rmSync(dir, { recursive: true, force: true });
  try {
    const sources = ['package.json', 'tsconfig.json', 'shared', 'control-plane', 'data-plane'];
    const archive = run('git', ['archive', commit, ...sources]);
    execFileSync('tar', ['x'], { cwd: dir, input: archive });
    symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
    run(join(root, 'node_modules/.bin/tsc'), ['-b', 'control-plane', 'data-plane'], dir);
  } catch (error) {
    dispose();
    throw error;
  }
  return { cli: join(dir, 'dist/control-plane/cli/tidegate.js'), dispose };
}
