import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  DatastoreError,
  type DatastoreErrorCode,
  errorWithCode,
  isDatastoreError,
  isServiceError,
  ServiceError,
  type ServiceErrorCode,
  type UsageErrorCode,
} from '../../src/errors/datastore-error.js';

/** Every code of the outside, with whether a call that failed so may succeed later. */
const SERVICE: Record<ServiceErrorCode, boolean> = {
  network: true,
  server: true,
  'retry-later': true,
  quota: true,
  storage: true,
  aborted: true,
  'corrupt-data': false,
  'lease-lost': false,
  'log-mismatch': true,
  conflict: false,
  unauthorized: false,
  'account-gone': false,
  'not-permitted': false,
  'not-found': false,
  exists: false,
};

describe('a failure of the outside', () => {
  test.each(Object.entries(SERVICE) as [ServiceErrorCode, boolean][])(
    '%s says whether to retry',
    (code, isRetryable) => {
      const made = errorWithCode(code, 'no', { field: 'x' }, 'why');
      expect(made).toBeInstanceOf(ServiceError);
      expect(made).toMatchObject({ name: 'ServiceError', code, isRetryable, message: 'field "x": no', cause: 'why' });
    },
  );

  test('is told from a mistake by its class, as a whole and by code', () => {
    const failure: unknown = new ServiceError('network', 'no answer');
    const mistake: unknown = new DatastoreError('invalid-value', 'null is not a value');
    expect([failure, mistake, new Error('no'), undefined].map((error) => isServiceError(error))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([failure, mistake, new Error('no'), undefined].map((error) => isDatastoreError(error))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([isServiceError(failure, 'network'), isServiceError(failure, 'server')]).toEqual([true, false]);
    expect([isDatastoreError(mistake, 'invalid-value'), isDatastoreError(mistake, 'network')]).toEqual([true, false]);
  });

  test('is not made of the base class', () => {
    // @ts-expect-error the base takes the codes of mistakes alone.
    const made = new DatastoreError('network', 'no answer');
    expect(made).not.toBeInstanceOf(ServiceError);
    expectTypeOf<DatastoreErrorCode>().toEqualTypeOf<UsageErrorCode | ServiceErrorCode>();
  });
});

test('a mistake is one whatever its code is called', () => {
  const made = errorWithCode('constructor' as UsageErrorCode, 'no');
  expect(made).not.toBeInstanceOf(ServiceError);
  expect(made.name).toBe('DatastoreError');
});
