/** Routes of the configuration: read what is in force, check a file, reload the file. */
import { MAX_CONFIG_BYTES } from '../config/parse-config.js';
import type { ControlPort, ReloadResult } from '../control-port.js';
import {
  ConfigViewDocument,
  ReloadDocument,
  ValidationDocument,
  ReloadQuery,
} from '../documents/config-documents.js';
import * as field from '../documents/field.js';
import { driftOf } from '../domain/drift.js';
import { isoTime } from '../domain/iso-time.js';
import { driftDocuments } from './drift-view.js';
import { liveConfig } from './live-config.js';
import { fieldProblem, sendProblem } from './problem.js';
import { fileStanding, rejectedLoad } from './views.js';
import type { RunTimeChanges } from './run-time-changes.js';
import { notDecided } from './writes.js';
import { type AdminApp, answers, json } from './route-schemas.js';

const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];

export function configRoutes(app: AdminApp, port: ControlPort, changes: RunTimeChanges): void {
  app.get(
    '/api/v1/config',
    {
      schema: {
        operationId: 'getConfig',
        summary: 'The configuration in force',
        description:
          'What is in force, what run-time changes made different from the file, and what waits for a restart. It contains no secrets.',
        tags: ['config'],
        response: answers({ 200: json(ConfigViewDocument, 'The configuration.') }),
      },
    },
    async () => configDocument(port, changes),
  );
  app.post(
    '/api/v1/config/reload',
    {
      schema: {
        operationId: 'reloadConfig',
        summary: 'Read the configuration file again',
        description:
          'Takes no body. An invalid file changes nothing. In a fleet, a file that was in force before and is not now is only applied with force=true.',
        tags: ['config'],
        querystring: ReloadQuery.json,
        response: answers({ 200: json(ReloadDocument, 'The result.') }),
      },
    },
    async (request, reply) => {
      const result = await port.reloadConfig(request.query.force === 'true');
      switch (result.kind) {
        case 'applied':
        case 'unchanged':
          return reloadDocument(result, port);
        case 'invalid':
          return sendProblem(reply, {
            type: 'invalid_config',
            detail: `The file ${port.configFile} is not valid; the configuration in force stays.`,
            problems: result.problems.map(fieldProblem),
          });
        case 'mailbox-full':
        case 'read-only':
        case 'unknown':
          return sendProblem(reply, notDecided(result));
      }
    },
  );
  // In a scope of its own, because only this route accepts YAML.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(YAML_TYPES, { parseAs: 'string' }, (_request, body, done) => done(null, body));
    validateRoute(scope, port);
  });
}

function validateRoute(app: AdminApp, port: ControlPort): void {
  app.post(
    '/api/v1/config/validate',
    {
      bodyLimit: MAX_CONFIG_BYTES,
      schema: {
        operationId: 'validateConfig',
        summary: 'Check a configuration file',
        description:
          'Changes nothing. Variables are replaced from the environment of the running primary, and never shown. Certificate, key and token files are not read: the command line does that.',
        tags: ['config'],
        consumes: YAML_TYPES,
        body: field.text().json,
        response: answers({
          200: json(ValidationDocument, 'Whether it is valid, and all its problems.'),
        }),
      },
    },
    async (request, reply) => {
      const problems = await port.validateConfig(request.body);
      if (problems === null) {
        const detail = 'Other files are being checked; try again.';
        return sendProblem(reply, { type: 'busy', detail, retryAfterSeconds: 5 });
      }
      return { valid: problems.length === 0, problems: problems.map(fieldProblem) };
    },
  );
}

function reloadDocument(
  result: Extract<ReloadResult, { readonly kind: 'applied' | 'unchanged' }>,
  port: ControlPort,
): ReloadDocument {
  const drift = driftOf(port.world().state).length;
  return result.kind === 'applied'
    ? { result: 'applied', events: result.events, restart_needed: result.restartNeeded, drift }
    : {
        result: result.isOlder === true ? 'older' : 'unchanged',
        events: 0,
        restart_needed: port.restartNeeded(),
        drift,
      };
}

function configDocument(port: ControlPort, changes: RunTimeChanges): ConfigViewDocument {
  const { state } = port.world();
  const { applied, rejected } = state;
  return {
    file: port.configFile,
    sha256: applied?.sha256 ?? null,
    applied_at: applied === null ? null : isoTime(applied.at),
    restart_needed: port.restartNeeded(),
    last_rejected: rejectedLoad(rejected),
    drift: driftDocuments(state, changes),
    live: liveConfig(state),
    ...fileStanding(port),
  };
}
