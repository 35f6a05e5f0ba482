import {
  BASE_DATASTORE_SIZE,
  BASE_FIELD_SIZE,
  DEFAULT_LIMITS,
  type Fields,
  type State,
  sizeOfRecord,
  sizeOfValue,
  typeOfValue,
  type Value,
} from '../index.js';
import { alignedLines } from './layout.js';
import { type LimitWarning, overLimit, warningLines } from './limit-warning.js';
import { countOf } from './safe-text.js';
import { briefValueText } from './value-text.js';

/** What a snapshot holds and weighs, for a person. */
export function snapshotReport(name: string, state: State): string {
  const tables = state.tables();
  const held = `${countOf(state.recordCount, 'record')} in ${countOf(tables.length, 'table')}`;
  const lines = [
    `${name}: a valid snapshot, ${held}, ${countOf(state.size, 'byte')}`,
    `(${countOf(BASE_DATASTORE_SIZE, 'byte')} for the datastore, and its records)`,
    ...tables.flatMap((table) => tableLines(state, table)),
    ...warningLines(warningsAbout(state)),
  ];
  return `${lines.join('\n')}\n`;
}

/** What a snapshot holds and weighs, for a program. */
export function snapshotJson(state: State): string {
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
  const totals = { records: state.recordCount, bytes: state.size };
  return `${JSON.stringify({ kind: 'snapshot', ...totals, tables, warnings: warningsAbout(state) })}\n`;
}

function tableLines(state: State, table: string): string[] {
  const found = state.query(table);
  return [
    '',
    `${table}: ${countOf(found.length, 'record')}, ${countOf(tableSize(state, table), 'byte')}`,
    ...found.flatMap(({ record, fields }) => [
      `  ${record}: ${countOf(sizeOfRecord(fields), 'byte')}`,
      ...fieldLines(fields),
    ]),
  ];
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

function sizeOfField(value: Value): number {
  return BASE_FIELD_SIZE + sizeOfValue(value);
}

function tableSize(state: State, table: string): number {
  return state.query(table).reduce((size, { fields }) => size + sizeOfRecord(fields), 0);
}

function warningsAbout(state: State): readonly LimitWarning[] {
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
