import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDatastoreError } from 'deltaic';
import { FolderPeer } from './folder-peer.js';
import { tellStory } from './story.js';

const [folder, name, verb, item = '', text = ''] = process.argv.slice(2);

if (folder === undefined || name === undefined) {
  const temporary = mkdtempSync(join(tmpdir(), 'deltaic-mesh-'));
  tellStory(temporary, (line) => console.log(line));
  rmSync(temporary, { recursive: true });
} else {
  const peer = new FolderPeer(folder, name, `${name}-${randomUUID().slice(0, 8)}`);
  const { from, conflicts } = peer.exchange(new Date());
  try {
    if (verb === 'add') peer.add(item, BigInt(text || '1'));
    else if (verb === 'note') peer.note(item, text);
    else if (verb === 'remove') peer.remove(item);
  } catch (error) {
    if (!isDatastoreError(error)) throw error;
    console.log(error.message);
  }
  peer.exchange(new Date());
  if (from.length > 0) console.log(`new from ${from.join(' and ')}`);
  for (const conflict of conflicts) console.log(`conflict about ${conflict}`);
  console.log(peer.lines().join('\n'));
}
