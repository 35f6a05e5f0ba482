import {
  BASE_CHANGE_SIZE,
  BASE_DATASTORE_SIZE,
  BASE_DELTA_SIZE,
  BASE_FIELD_SIZE,
  type Change,
  compress,
  DEFAULT_LIMITS,
  type Delta,
  type FieldOp,
  type Fields,
  formatDelta,
  parseState,
  type State,
  sizeOfChange,
  sizeOfDelta,
  sizeOfRecord,
  sizeOfValue,
  typeOfValue,
  type Value,
} from '../index.js';
import { type SavedReplica, type SavedSequencer, savedDeltas } from '../sync/index.js';
import { type CommandIo, done, type OptionTypes, type Outcome, parseArguments, usageError } from './command.js';
import { blaming, type DataFile, readDataFile } from './data-file.js';
import { alignedLines, briefValueText, countOf, safeText } from './text.js';

const OPTIONS: OptionTypes = { json: 'flag', quiet: 'flag' };

/**
 * `deltaic inspect`: returns what a file holds.
 *
 * @throws CommandError if the file is invalid, and for everything else that the caller can fix.
 */
export function inspectCommand(argv: readonly string[], io: CommandIo): Outcome {
  const { files, flags } = parseArguments(argv, OPTIONS, 'inspect');
  const [path, ...others] = files;
  if (path === undefined || others.length > 0) {
    throw usageError(`inspect takes one file, got ${countOf(files.length, 'file')}`, 'inspect');
  }
  if (flags.has('json') && flags.has('quiet')) {
    throw usageError('--json and --quiet cannot be used together', 'inspect');
  }
  const file = readDataFile(io, path);
  const inspection = blaming(file.fault, () => inspect(file));
  if (flags.has('quiet')) return done('');
  if (flags.has('json')) return done(`${JSON.stringify(inspection.json)}\n`);
  return done(`${inspection.lines.join('\n')}\n`);
}

/** What a file holds, for a person and for a program. */
export interface Inspection {
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

function inspect({ name, content }: DataFile): Inspection {
  const title = safeText(name);
  switch (content.kind) {
    case 'empty':
      return {
        lines: [`${title}: valid and empty: a snapshot without records, or a delta without changes`],
        json: { kind: 'empty' },
      };
    case 'snapshot':
      return inspectSnapshot(title, content.state);
    case 'delta':
      return inspectDelta(title, content.changes);
    case 'replica':
      return inspectReplica(title, content.saved);
    case 'sequencer':
      return inspectSequencer(title, content.saved);
  }
}

/** What a snapshot holds. @param title safe to print. */
export function inspectSnapshot(title: string, state: State): Inspection {
  const warnings = snapshotWarnings(state);
  return {
    lines: [
      `${title}: a valid snapshot, ${stateText(state)}`,
      `(${countOf(BASE_DATASTORE_SIZE, 'byte')} for the datastore, and its records)`,
      ...tableLines(state),
      ...warningLines(warnings),
    ],
    json: { kind: 'snapshot', ...stateJson(state), warnings },
  };
}

function stateText(state: State): string {
  const held = `${countOf(state.recordCount, 'record')} in ${countOf(state.tables().length, 'table')}`;
  return `${held}, ${countOf(state.size, 'byte')}`;
}

function tableLines(state: State): string[] {
  return state.tables().flatMap((table) => {
    const found = state.query(table);
    return [
      '',
      `${table}: ${countOf(found.length, 'record')}, ${countOf(tableSize(state, table), 'byte')}`,
      ...found.flatMap(({ record, fields }) => [
        `  ${record}: ${countOf(sizeOfRecord(fields), 'byte')}`,
        ...fieldLines(fields),
      ]),
    ];
  });
}

function fieldLines(fields: Fields): string[] {
  const rows = [...fields].map(([field, value]) => [
    field,
    Array.isArray(value) ? `list of ${value.length}` : typeOfValue(value),
    countOf(sizeOfField(value), 'byte'),
    briefValueText(value),
  ]);
  return alignedLines(rows, '    ', [2]);
}

function stateJson(state: State): object {
  const tables = state.tables().map((table) => ({
    table,
    records: state.query(table).length,
    bytes: tableSize(state, table),
    rows: state.query(table).map(({ record, fields }) => ({
      record,
      bytes: sizeOfRecord(fields),
      fields: [...fields].map(([field, value]) => ({ field, type: typeOfValue(value), bytes: sizeOfField(value) })),
    })),
  }));
  return { records: state.recordCount, bytes: state.size, tables };
}

function sizeOfField(value: Value): number {
  return BASE_FIELD_SIZE + sizeOfValue(value);
}

function tableSize(state: State, table: string): number {
  return state.query(table).reduce((size, { fields }) => size + sizeOfRecord(fields), 0);
}

function inspectDelta(title: string, changes: readonly Change[]): Inspection {
  const compressed = compress(changes);
  const wire = formatDelta(compressed);
  const warnings = deltaWarnings(compressed);
  const asSent = `as sent ${countOf(changes.length, 'change')}, ${countOf(sizeAsSent(changes), 'byte')}`;
  const asCompressed = `compressed ${countOf(wire.length, 'change')}, ${countOf(sizeOfDelta(compressed), 'byte')}`;
  return {
    lines: [
      `${title}: a valid delta, ${asSent}, ${asCompressed}`,
      `(${BASE_DELTA_SIZE} bytes for the delta, ${BASE_CHANGE_SIZE} for each change and each further list operation in it, and the values)`,
      '',
      ...changes.flatMap(changeLines),
      ...warningLines(warnings),
    ],
    json: {
      kind: 'delta',
      sent: { changes: changes.length, bytes: sizeAsSent(changes) },
      compressed: { changes: wire.length, bytes: sizeOfDelta(compressed), delta: wire },
      changes: changes.map(changeJson),
      warnings,
    },
  };
}

function changeLines(change: Change, position: number): string[] {
  const { type, table, record } = change;
  const rows = partsOf(change).map(({ field, op, detail, bytes }) => [field, op, countOf(bytes, 'byte'), detail]);
  return [
    `${position}: ${type} ${table} / ${record}, ${countOf(sizeOfChange(change), 'byte')}`,
    ...alignedLines(rows, '    ', [2]),
  ];
}

function changeJson(change: Change): object {
  const { type, table, record } = change;
  const parts = partsOf(change).map(({ field, op, bytes }) => ({ field, op, bytes }));
  return { type, table, record, bytes: sizeOfChange(change), parts };
}

/** One part of a change: a field of an insert, or an operation of an update on a field. */
interface ChangePart {
  readonly field: string;
  /** The operation by its name. */
  readonly op: string;
  /** Where in a list the operation is, and its value. */
  readonly detail: string;
  /** The size of its value. */
  readonly bytes: number;
}

function partsOf(change: Change): readonly ChangePart[] {
  switch (change.type) {
    case 'insert':
      return [...change.fields].map(([field, value]) => ({
        field,
        op: 'insert',
        detail: briefValueText(value),
        bytes: sizeOfValue(value),
      }));
    case 'update':
      return [...change.ops].flatMap(([field, op]) => partsOfOp(op).map((part) => ({ field, ...part })));
    case 'delete':
      return [];
  }
}

function partsOfOp(op: FieldOp): readonly Omit<ChangePart, 'field'>[] {
  switch (op.type) {
    case 'put':
      return [{ op: 'put', detail: briefValueText(op.value), bytes: sizeOfValue(op.value) }];
    case 'delete':
      return [{ op: 'delete', detail: '', bytes: 0 }];
    case 'list': {
      const parts = [...op.ops].map((listOp) => {
        const value = listOp.type === 'put' || listOp.type === 'insert' ? listOp.value : undefined;
        const place = listOp.type === 'move' ? `${listOp.from} to ${listOp.to}` : String(listOp.index);
        return {
          op: `list ${listOp.type}`,
          detail: value === undefined ? place : `${place}: ${briefValueText(value)}`,
          bytes: value === undefined ? 0 : sizeOfValue(value),
        };
      });
      return op.create ? [{ op: 'list create', detail: '', bytes: 0 }, ...parts] : parts;
    }
  }
}

function inspectReplica(title: string, saved: SavedReplica): Inspection {
  const { rev, nonce, refusal, rules, needsReload, isLogLost } = saved;
  const state = parseState(saved.rows);
  const { sealed: pending, uncommitted: open } = savedDeltas(saved);
  const inFlight =
    nonce === null ? '' : `, the first as ${nonce}${refusal === null ? '' : `, refused: ${refusal.reason}`}`;
  return {
    lines: [
      `${title}: a valid saved replica at revision ${rev}, ${stateText(state)}`,
      `${countOf(pending.length, 'pending delta')}${inFlight}`,
      ...(needsReload ? ['it needs a reload'] : []),
      ...(isLogLost ? ['its log is lost'] : []),
      ...rules.map(([table, record, field, rule]) => `rule of ${table} / ${record} / ${field}: ${rule}`),
      ...pending.flatMap((delta, at) => deltaLines(`pending delta ${at}`, delta)),
      ...([...open].length === 0 ? [] : deltaLines('the uncommitted delta', open)),
      ...tableLines(state),
    ],
    json: {
      ...{ kind: 'replica', revision: rev, state: stateJson(state), pending: pending.map(deltaJson) },
      ...{ uncommitted: deltaJson(open), nonce, refusal, rules, needsReload, isLogLost },
    },
  };
}

function inspectSequencer(title: string, { snapshot, log }: SavedSequencer): Inspection {
  const state = parseState(snapshot.rows);
  const lastRev = Math.max(snapshot.rev, log.at(-1)?.rev ?? 0);
  const entries = countOf(log.length, 'log entry', 'log entries');
  return {
    lines: [
      `${title}: a valid saved sequencer at revision ${lastRev}, ${entries}`,
      `its snapshot at revision ${snapshot.rev}: ${stateText(state)}, ${countOf(snapshot.nonces.length, 'nonce')}`,
      ...log.flatMap(({ rev, nonce, delta }) => deltaLines(`revision ${rev}, ${nonce}`, delta)),
      ...tableLines(state),
    ],
    json: {
      ...{ kind: 'sequencer', revision: lastRev },
      snapshot: { revision: snapshot.rev, nonces: snapshot.nonces, ...stateJson(state) },
      log: log.map(({ rev, nonce, delta }) => ({ revision: rev, nonce, ...deltaJson(delta) })),
    },
  };
}

function deltaLines(name: string, delta: Delta): string[] {
  const size = `${countOf(formatDelta(delta).length, 'change')}, ${countOf(sizeOfDelta(delta), 'byte')}`;
  return ['', `${name}: ${size}`, ...[...delta].flatMap(changeLines).map((line) => `  ${line}`)];
}

function deltaJson(delta: Delta): { readonly changes: number; readonly bytes: number; readonly delta: unknown } {
  const wire = formatDelta(delta);
  return { changes: wire.length, bytes: sizeOfDelta(delta), delta: wire };
}

/** Something that a datastore with the default limits would reject. */
interface LimitWarning {
  readonly what: string;
  readonly unit: 'byte' | 'record';
  readonly size: number;
  readonly limit: number;
}

function snapshotWarnings(state: State): readonly LimitWarning[] {
  const { datastoreSize, recordCount, recordSize } = DEFAULT_LIMITS;
  const records = state.tables().flatMap((table) =>
    state.query(table).map(
      ({ record, fields }): LimitWarning => ({
        what: `the record ${table} / ${record}`,
        unit: 'byte',
        size: sizeOfRecord(fields),
        limit: recordSize,
      }),
    ),
  );
  return overLimit([
    { what: 'the datastore', unit: 'byte', size: state.size, limit: datastoreSize },
    { what: 'the datastore', unit: 'record', size: state.recordCount, limit: recordCount },
    ...records,
  ]);
}

/** The size of changes as they are in a file. `sizeOfDelta` gives that of their normal form. */
function sizeAsSent(changes: readonly Change[]): number {
  if (changes.length === 0) return 0;
  return changes.reduce((sum, change) => sum + sizeOfChange(change), BASE_DELTA_SIZE);
}

/** The limit holds for the compressed delta, which is what travels. */
function deltaWarnings(compressed: Delta): readonly LimitWarning[] {
  const size = sizeOfDelta(compressed);
  return overLimit([{ what: 'the delta', unit: 'byte', size, limit: DEFAULT_LIMITS.deltaSize }]);
}

function overLimit(measured: readonly LimitWarning[]): readonly LimitWarning[] {
  return measured.filter(({ size, limit }) => size > limit);
}

function warningLines(warnings: readonly LimitWarning[]): string[] {
  if (warnings.length === 0) return [];
  const line = ({ what, unit, size, limit }: LimitWarning): string =>
    `  ${what}: ${countOf(size, unit)}, and the limit is ${countOf(limit, unit)}`;
  return ['', 'OVER THE DEFAULT LIMITS', '', ...warnings.map(line)];
}
