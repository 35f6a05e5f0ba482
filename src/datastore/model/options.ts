import { DatastoreError } from '../../errors/datastore-error.js';
import { describe } from '../../values/value.js';

/** Options as they were given. @throws DatastoreError `invalid-option` for what is no object. */
export function ownOptions<Options extends object>(options: Options): Options {
  if (typeof options === 'object' && options !== null) return options;
  throw new DatastoreError('invalid-option', `options are an object, not ${describe(options)}`);
}
