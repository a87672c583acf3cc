/**
 * Finds the directories in which something must happen for a file to change: the directory of the file, that of each
 * symbolic link on the way to it, and, for something that does not exist, the one where it would appear. A watch on the
 * file itself would end with the first atomic replacement, and would never see Kubernetes swap the `..data` link of a
 * mounted ConfigMap.
 */
import { lstat, readlink } from 'node:fs/promises';
import { parse, resolve, sep } from 'node:path';

/** Most links followed on the way to one file, as in Linux. */
const MAX_LINKS = 40;

/** Names to watch for, by directory. */
export type WatchedPlaces = ReadonlyMap<string, ReadonlySet<string>>;

export async function watchedPlaces(files: readonly string[]): Promise<WatchedPlaces> {
  const places = new Map<string, Set<string>>();
  for (const file of files) await addPlaces(resolve(file), places);
  return places;
}

async function addPlaces(file: string, places: Map<string, Set<string>>): Promise<void> {
  const { root } = parse(file);
  let directory = root;
  let rest = namesOf(file, root);
  for (let links = 0; rest.length > 0;) {
    const [name = '', ...deeper] = rest;
    const path = resolve(directory, name);
    const kind = await kindOf(path);
    if (kind !== 'other' || deeper.length === 0) add(places, directory, name);
    if (kind === 'missing') return;
    if (kind === 'other') {
      directory = path;
      rest = deeper;
      continue;
    }
    if (++links > MAX_LINKS) return;
    const target = resolve(directory, kind.target);
    directory = parse(target).root;
    rest = [...namesOf(target, directory), ...deeper];
  }
}

async function kindOf(path: string): Promise<'missing' | 'other' | { readonly target: string }> {
  try {
    return (await lstat(path)).isSymbolicLink() ? { target: await readlink(path) } : 'other';
  } catch {
    // It is missing, or this user may not look at it. Either way a readable file may appear here later.
    return 'missing';
  }
}

function namesOf(path: string, root: string): string[] {
  return path
    .slice(root.length)
    .split(sep)
    .filter((name) => name !== '');
}

function add(places: Map<string, Set<string>>, directory: string, name: string): void {
  const names = places.get(directory) ?? new Set();
  names.add(name);
  places.set(directory, names);
}
