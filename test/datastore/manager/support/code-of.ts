/** The code of the error that a promise rejects with, or `resolved`. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => 'resolved',
    (error: { code?: string }) => error.code ?? error,
  );
}
