/** Why a command cannot do what it was asked to, in one line for the person who asked. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

const SYSTEM_REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'there is no such file or folder'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of its path is not a folder'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'no space is left'],
]);

/** Says in words what the operating system refused to do with a file. */
export function systemReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return SYSTEM_REASONS.get(code) ?? String(code ?? error);
}
