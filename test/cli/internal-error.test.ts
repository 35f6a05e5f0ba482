import { expect, test, vi } from 'vitest';
import type { transform } from '../../src/deltas/rebase.js';
import { Delta } from '../../src/index.js';
import { runWith } from './support/memory-io.js';

// An engine that forgets the local edits: the two ways to the merged state no longer meet.
vi.mock('../../src/deltas/rebase.js', async (importOriginal) => {
  const engine = await importOriginal<typeof import('../../src/deltas/rebase.js')>();
  const broken: typeof transform = (local, remote, options) => ({
    ...engine.transform(local, remote, options),
    local: Delta.from([]),
  });
  return { ...engine, transform: broken };
});

test('a merge that does not converge is an internal error, and nothing is written', () => {
  const files = { base: '[]', local: '[["I","t","r",{}]]', remote: '[]' };
  const outcome = runWith(files, 'merge', 'base', 'local', 'remote', '--out', 'out');
  expect(outcome).toMatchObject({
    status: 70,
    stdout: '',
    stderr: 'deltaic: internal error, please report it: InvariantError: the two ways to the merged state do not meet\n',
  });
  expect(outcome.written.size).toBe(0);
});
