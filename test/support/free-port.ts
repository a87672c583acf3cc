import { createServer } from 'node:net';
import { listen } from './listen.js';

/** A port on which nobody listens: one to be refused at, or one to take again and again. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** So many of them, no two the same. */
export async function freePorts(count: number): Promise<number[]> {
  const taken = await Promise.all(Array.from({ length: count }, () => listen(createServer())));
  await Promise.all(taken.map((each) => each.close()));
  return taken.map(({ port }) => port);
}
