import { createRequire } from 'node:module';
import type * as Pino from 'pino';
import { type ServerLogEvent, traceText } from '../server/index.js';
import type { CommandIo } from './command.js';

/** The levels that `--log` takes. */
export const LOG_LEVELS: readonly Pino.Level[] = ['info', 'error'];

/** Writes what a server logs to stderr: as lines of JSON if a level is given, else only failures, for people. */
export function serverLogWriter(level: string | undefined, io: CommandIo): (event: ServerLogEvent) => void {
  if (level === undefined) {
    return (event) => {
      if (event.type === 'failure') io.stderr(`deltaic serve: ${event.route}: ${traceText(event.error)}\n`);
    };
  }
  // A package that not everybody installs: loaded where it is needed.
  const load = createRequire(import.meta.url);
  const { pino } = load('pino') as typeof Pino;
  const logger: Pino.Logger = pino({ level, base: null }, { write: (line) => io.stderr(line) });
  return ({ type, ...members }) => logger[type === 'failure' ? 'error' : 'info'](members, type);
}
