import { MemoryHome } from './field-home.js';
import { type FieldsPatch, FieldView } from './field-view.js';
import type { AnyShape } from './shape.js';

/**
 * Fields in memory, which belong to no record: to set in many records, to insert, or to query with. Whoever takes them
 * copies them.
 */
export class Fields<Shape extends object = AnyShape> extends FieldView<Shape> {
  /** Fields in memory, with a copy of those given. @throws DatastoreError `invalid-name` or `invalid-value`. */
  constructor(fields?: FieldsPatch<NoInfer<Shape>>) {
    super(new MemoryHome(({ field, index }) => ({ field, index })));
    if (fields !== undefined) this.update(fields);
  }
}
