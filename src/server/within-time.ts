import { ServiceError } from '../errors/datastore-error.js';

/** The result of some work. @throws ServiceError `storage` if it takes too long: whether it took effect is unknown then. */
export async function withinTime<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ServiceError('storage', `the answer took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
