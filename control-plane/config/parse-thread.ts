/** The program of the thread that `parseAside` starts: parses one configuration file, answers, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { parseConfig } from './parse-config.js';
import type { ParseOptions } from './parse-aside.js';

// Not checked, because `parseAside` of the same build sends it.
const { text, file, env, role } = workerData as ParseOptions;
parentPort?.postMessage(parseConfig(text, file, env, undefined, role));
