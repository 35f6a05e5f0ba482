import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderPeer } from './folder-peer.js';

/** Three people keep one shopping list in `folder`, and have no server. */
export function tellStory(folder: string, print: (line: string) => void): void {
  let minute = 0;
  let starts = 0;
  const open = (name: string): FolderPeer => new FolderPeer(folder, name, `${name}-${++starts}`);
  const exchange = (peer: FolderPeer): void => {
    const { from, conflicts, unreadable } = peer.exchange(new Date(60_000 * ++minute));
    const parts = [from.length === 0 ? 'nothing new' : `new from ${from.join(' and ')}`];
    if (conflicts.length > 0) parts.push(`conflict about ${conflicts.join(', ')}`);
    if (unreadable.length > 0) parts.push(`cannot read the file of ${unreadable.join(', ')}`);
    print(`${peer.name}: ${parts.join('; ')}; ${peer.lines().join(', ')}`);
  };
  let ann = open('ann');
  const [bo, cy] = [open('bo'), open('cy')];

  print('# Ann begins the list.');
  ann.add('apples', 3n);
  ann.add('bread', 1n);
  exchange(ann);
  exchange(bo);
  exchange(cy);

  print('# All three edit it, without the others.');
  ann.add('apples', 2n);
  ann.note('bread', 'rye');
  bo.add('apples', 1n);
  bo.note('bread', 'white');
  cy.remove('bread');
  cy.add('coffee', 1n);

  print('# The stick goes from one to the other.');
  exchange(ann);
  exchange(bo);
  exchange(cy);

  print('# Ann’s program is killed before she stores a last edit; she starts it again.');
  ann.add('dates', 1n);
  ann = open('ann');
  exchange(ann);

  print('# Somebody pulls out the stick while Cy’s file is copied.');
  const path = join(folder, 'cy.mesh');
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, bytes.length / 2));
  exchange(bo);
  writeFileSync(path, bytes);

  print('# In the end all have the same list.');
  for (const peer of [ann, bo, cy, ann]) exchange(peer);
}
