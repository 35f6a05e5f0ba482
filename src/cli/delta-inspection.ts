import {
  BASE_CHANGE_SIZE,
  BASE_DELTA_SIZE,
  type Change,
  compress,
  DEFAULT_LIMITS,
  type Delta,
  type FieldOp,
  formatDelta,
  sizeOfChange,
  sizeOfDelta,
  sizeOfValue,
} from '../index.js';
import { alignedLines } from './layout.js';
import { type LimitWarning, overLimit, warningLines } from './limit-warning.js';
import { countOf } from './safe-text.js';
import { briefValueText } from './value-text.js';

/** One part of a change: a field that an insert brings, or the operation of an update on a field. */
interface ChangePart {
  readonly field: string;
  /** The operation by its name. */
  readonly op: string;
  /** Where in a list the operation is, and which value it brings. */
  readonly detail: string;
  /** What the value in it weighs. */
  readonly bytes: number;
}

/** What a delta, as it stands in a file, does and weighs, for a person. */
export function deltaReport(name: string, changes: Delta): string {
  const compressed = compress(changes);
  const asSent = `as sent ${countOf(changes.length, 'change')}, ${countOf(sizeOfDelta(changes), 'byte')}`;
  const asCompressed = `compressed ${countOf(formatDelta(compressed).length, 'change')}, ${countOf(sizeOfDelta(compressed), 'byte')}`;
  const lines = [
    `${name}: a valid delta, ${asSent}, ${asCompressed}`,
    `(${BASE_DELTA_SIZE} bytes for the delta, ${BASE_CHANGE_SIZE} for each change and each further list operation in it, and the values)`,
    '',
    ...changes.flatMap(changeLines),
    ...warningLines(warningsAbout(compressed)),
  ];
  return `${lines.join('\n')}\n`;
}

/** What a delta, as it stands in a file, does and weighs, for a program. */
export function deltaJson(changes: Delta): string {
  const compressed = compress(changes);
  const wire = formatDelta(compressed);
  const answer = {
    kind: 'delta',
    sent: { changes: changes.length, bytes: sizeOfDelta(changes) },
    compressed: { changes: wire.length, bytes: sizeOfDelta(compressed), delta: wire },
    changes: changes.map((change) => ({
      type: change.type,
      table: change.table,
      record: change.record,
      bytes: sizeOfChange(change),
      parts: partsOf(change).map(({ field, op, bytes }) => ({ field, op, bytes })),
    })),
    warnings: warningsAbout(compressed),
  };
  return `${JSON.stringify(answer)}\n`;
}

function changeLines(change: Change, position: number): string[] {
  const { type, table, record } = change;
  const rows = partsOf(change).map(({ field, op, detail, bytes }) => [field, op, countOf(bytes, 'byte'), detail]);
  return [
    `${position}: ${type} ${table} / ${record}, ${countOf(sizeOfChange(change), 'byte')}`,
    ...alignedLines(rows, '    ', [2]),
  ];
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
      const steps = op.ops.map((step) => {
        const value = step.type === 'put' || step.type === 'insert' ? step.value : undefined;
        const place = step.type === 'move' ? `${step.from} to ${step.to}` : String(step.index);
        return {
          op: `list ${step.type}`,
          detail: value === undefined ? place : `${place}: ${briefValueText(value)}`,
          bytes: value === undefined ? 0 : sizeOfValue(value),
        };
      });
      return op.create ? [{ op: 'list create', detail: '', bytes: 0 }, ...steps] : steps;
    }
  }
}

/** The limit of a delta is meant for the compressed one, which is what travels. */
function warningsAbout(compressed: Delta): readonly LimitWarning[] {
  return overLimit([
    { what: 'the delta', unit: 'byte', size: sizeOfDelta(compressed), limit: DEFAULT_LIMITS.deltaSize },
  ]);
}
