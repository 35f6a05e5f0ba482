import { expect, it } from 'vitest';
import { positionOfRecord } from '../../src/deltas/normal-form.js';
import type { Change } from '../../src/index.js';

const id = (number: number): string => `r${String(number).padStart(3, '0')}`;

it('finds every record, and every gap, of every short normal form from wherever it may start', () => {
  for (let length = 0; length <= 36; length++) {
    // Every second number has a record, and a table of its own from the middle on.
    const place = (number: number): Pick<Change, 'table' | 'record'> => ({
      table: number < length ? 't' : 'u',
      record: id(number),
    });
    const normalForm = Array.from(
      { length },
      (_, at): Change => ({ type: 'insert', ...place(2 * at + 1), fields: new Map() }),
    );
    for (let number = 0; number <= 2 * length + 1; number++) {
      const { table, record } = place(number);
      const position = number >> 1;
      for (let start = 0; start <= Math.min(position, length); start++) {
        expect(positionOfRecord(normalForm, table, record, start), `${record} of ${length} from ${start}`).toBe(
          Math.min(position, length),
        );
      }
    }
  }
});
