/** All containers of a project as local processes: which there are, on which ports, in which order they start and end. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { commandOf, environmentOf, placesOf, translator } from './places.js';
import { Container, isInstalled } from './container.js';
import { ProjectError } from './project.js';

/** How long a service waits for one that it depends on, and how often it looks. */
const READY_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 50;
const MAX_SCALE = 64;

export class Fleet {
  /** @param options `{ project, stateDir, freePorts, print }`; `freePorts`: the system chooses all ports */
  constructor({ project, stateDir, freePorts, print }) {
    this.project = project;
    this.dir = stateDir;
    this.freePorts = freePorts;
    this.print = print;
    this.containers = new Map();
    /** Name of a container → its ports: number there → number here. They stay the same for life. */
    this.ports = new Map();
    this.leftOut = new Map();
  }

  /** Makes as many containers of each service as it is to have, and starts those that do not run. */
  async up(scales) {
    const { services } = this.project;
    for (const [name, scale] of Object.entries(scales)) {
      if (!services.has(name)) throw new ProjectError(`There is no service ${name}.`);
      if (!(scale >= 0 && scale <= MAX_SCALE)) throw new ProjectError(`--scale: expected 0 to ${MAX_SCALE}.`);
    }
    for (const service of services.values()) this.#demand(service);
    for (const service of services.values()) await this.#portsOf(service, 1);
    await Promise.all(
      [...services.values()].map((service) => this.#settle(service, scales[service.name] ?? service.scale)),
    );
  }

  #demand(service) {
    const missing = service.secrets.find(({ file }) => !existsSync(file));
    if (missing !== undefined) {
      throw new ProjectError(`${missing.file} is missing: infra/compose/make-secrets makes it.`);
    }
    const [program] = service.command ?? [];
    if (program === undefined) {
      this.leftOut.set(service.name, `only its image ${service.image} says what it runs`);
    } else if (!isInstalled(program)) {
      throw new ProjectError(`Service ${service.name} needs ${program} in PATH.`);
    }
  }

  async #settle(service, scale) {
    if (this.leftOut.has(service.name)) return;
    for (const name of service.waitsFor) await this.#untilReady(name);
    const surplus = this.#of(service.name).slice(scale);
    await Promise.all(surplus.map((container) => this.#remove(container)));
    for (let index = 1; index <= scale; index++) {
      const name = `${service.name}-${index}`;
      const there = this.containers.get(name);
      if (there !== undefined && there.wanted !== 'stopped') continue;
      if (there?.state === 'running') await there.ended;
      const container = await this.#make(service, index);
      this.containers.set(name, container);
      container.start();
    }
  }

  async #make(service, index) {
    const name = `${service.name}-${index}`;
    const own = await this.#portsOf(service, index);
    const { root } = this.project;
    const containerDir = join(this.dir, 'containers', name);
    mkdirSync(containerDir, { recursive: true, mode: 0o700 });
    const places = placesOf({ service, containerDir, volumesDir: join(this.dir, 'volumes'), root });
    const others = new Map(
      [...this.project.services.keys()].map((other) => [other, this.ports.get(`${other}-1`)]),
    );
    const translate = translator({ places, own, others });
    const { health } = service;
    return new Container({
      name,
      service,
      command: commandOf(service.command, { translate, root }),
      health: health === null ? null : { ...health, command: commandOf(health.command, { translate, root }) },
      env: environmentOf({ service, hostname: name, translate, root }),
      cwd: containerDir,
      translate,
      ports: own,
      logFile: join(containerDir, 'log'),
      print: this.print,
    });
  }

  async #portsOf(service, index) {
    const name = `${service.name}-${index}`;
    const known = this.ports.get(name);
    if (known !== undefined) return known;
    const own = new Map();
    for (const { first, last, container } of service.ports) {
      const port = this.freePorts ? await freePort() : first + index - 1;
      if (!this.freePorts && port > last) {
        throw new ProjectError(`${service.name} has ports for ${last - first + 1} containers, and no more.`);
      }
      own.set(container, port);
    }
    for (const container of service.expose) if (!own.has(container)) own.set(container, await freePort());
    this.ports.set(name, own);
    return own;
  }

  #of(service) {
    return [...this.containers.values()].filter(({ plan }) => plan.service.name === service);
  }

  async #remove(container) {
    await container.stop();
    this.containers.delete(container.plan.name);
  }

  async #untilReady(service) {
    const limit = performance.now() + READY_LIMIT_MS;
    const isReady = () =>
      this.leftOut.has(service) || this.#of(service).some((container) => container.isReady);
    while (!isReady()) {
      if (performance.now() > limit) throw new ProjectError(`${service} was not ready in time.`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Containers of a service, or the one of that name. */
  named(name) {
    const container = this.containers.get(name);
    const found = container === undefined ? this.#of(name) : [container];
    if (found.length === 0) throw new ProjectError(`There is no container of ${name}.`);
    return found;
  }

  kill(names, signal) {
    for (const container of names.flatMap((name) => this.named(name))) container.kill(signal);
  }

  async stop(names) {
    return Promise.all(names.flatMap((name) => this.named(name)).map((container) => container.stop()));
  }

  /** What each container is, for people and tests. */
  list() {
    return {
      containers: [...this.containers.values()].map(({ plan, pid, state, health, exitCode }) => ({
        name: plan.name,
        service: plan.service.name,
        pid,
        state,
        health,
        exit_code: exitCode,
        ports: Object.fromEntries(plan.ports),
      })),
      left_out: Object.fromEntries(this.leftOut),
    };
  }

  get isReady() {
    return [...this.containers.values()].every((container) => container.isReady);
  }

  /** How a command is run in a container, as `docker compose exec` does. */
  execution(name, words) {
    const [{ plan }] = this.named(name);
    return {
      command: commandOf(words, { translate: plan.translate, root: this.project.root }),
      env: plan.env,
      cwd: plan.cwd,
    };
  }

  /** Ends all, those first that depend on others. */
  async down({ volumes }) {
    const isFirst = ({ plan }) => plan.service.waitsFor.length > 0;
    const all = [...this.containers.values()];
    const told = await Promise.all(all.filter(isFirst).map((container) => container.stop()));
    told.push(
      ...(await Promise.all(all.filter((one) => !isFirst(one)).map((container) => container.stop()))),
    );
    this.containers.clear();
    rmSync(join(this.dir, 'containers'), { recursive: true, force: true });
    if (volumes) rmSync(join(this.dir, 'volumes'), { recursive: true, force: true });
    return told;
  }
}

async function freePort() {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
