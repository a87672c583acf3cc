/**
 * Where things of a container are on this machine: its addresses, ports and paths. A container has all of them for itself, local
 * processes share one machine; so whatever the file says of them in commands and environment is said anew. It starts nothing.
 */
import { copyFileSync, chmodSync, existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

const SECRETS = '/run/secrets';

/** Folders and secrets of a container, as pairs of the path in the container and the one here. Makes what is not there. */
export function placesOf({ service, containerDir, volumesDir, root }) {
  const places = [[SECRETS, join(containerDir, 'secrets')]];
  if (service.sources !== null) places.push([service.sources, root]);
  for (const { kind, source, target } of service.volumes) {
    if (kind === 'bind') places.push([target, source]);
    else if (kind === 'named') places.push([target, join(volumesDir, source)]);
    else places.push([target, join(containerDir, 'volume', target)]);
  }
  for (const [target, place] of places) {
    if (target === SECRETS || place.startsWith(containerDir) || place.startsWith(volumesDir)) {
      mkdirSync(place, { recursive: true });
    }
  }
  for (const { name, file } of service.secrets) {
    const copy = join(containerDir, 'secrets', name);
    copyFileSync(file, copy);
    chmodSync(copy, 0o600);
  }
  return places;
}

/**
 * Says texts of a container anew.
 *
 * @param places pairs of paths
 * @param own ports of the container: number there → number here
 * @param others ports of services: name → number there → number here
 */
export function translator({ places, own, others }) {
  const byLength = [...places].sort(([a], [b]) => b.length - a.length);
  const paths = new RegExp(`(?<![\\w./-])(${byLength.map(([path]) => path).join('|')})(?=[/\\s"')]|$)`, 'g');
  const here = new Map(byLength);
  const names = [...others.keys()].join('|');
  const ports = new RegExp(`(?:\\b(${names}):)?\\b(\\d{2,5})\\b`, 'g');
  return (text) =>
    text
      .replace(paths, (path) => here.get(path))
      .replaceAll('0.0.0.0', '127.0.0.1')
      .replace(ports, (all, name, number) => {
        if (name === undefined) return String(own.get(Number(number)) ?? number);
        const port = others.get(name).get(Number(number));
        return port === undefined ? all : `127.0.0.1:${port}`;
      });
}

/** The environment of a container: what the file says, and what every process needs. */
export function environmentOf({ service, hostname, translate, root }) {
  const told = Object.entries(service.environment).map(([key, value]) => [key, translate(value)]);
  return {
    // `tidegate` is found there, as it is on the PATH of the images.
    PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    HOME: process.env.HOME ?? '/',
    HOSTNAME: hostname,
    ...Object.fromEntries(told),
  };
}

/** The words of a command. Node is the one that `npm ci` brings, where it is there. */
export function commandOf(words, { translate, root }) {
  const [program, ...args] = words;
  const brought = join(root, 'node_modules/node/bin/node');
  const node = existsSync(brought) ? brought : process.execPath;
  return [program === 'node' ? node : program, ...args.map(translate)];
}
