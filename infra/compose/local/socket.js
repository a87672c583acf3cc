/** How later commands reach the process that keeps the containers: JSON over HTTP on a socket in the folder of the project's state. */
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ProjectError } from './project.js';

const socketOf = (stateDir) => join(stateDir, 'socket');

/** @param actions name → function of what is asked, which answers what is told */
export async function listen(stateDir, actions) {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  rmSync(socketOf(stateDir), { force: true });
  const server = createServer((incoming, response) => {
    const tell = (status, body) => response.writeHead(status).end(JSON.stringify(body ?? null));
    answer(incoming, actions).then(
      (told) => tell(200, told),
      (error) => tell(500, { message: error.message }),
    );
  });
  await once(server.listen(socketOf(stateDir)), 'listening');
  return server;
}

async function answer(incoming, actions) {
  const asked = await text(incoming);
  return actions[incoming.url.slice(1)](JSON.parse(asked));
}

/** Asks that process. Answers `null` if there is none; throws what went wrong there. */
export async function ask(stateDir, action, body = {}) {
  const asking = request({ socketPath: socketOf(stateDir), path: `/${action}`, method: 'POST' });
  asking.end(JSON.stringify(body));
  let response;
  try {
    [response] = await once(asking, 'response');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') return null;
    throw error;
  }
  const told = JSON.parse(await text(response));
  if (response.statusCode !== 200) throw new ProjectError(told.message);
  return { answer: told };
}
