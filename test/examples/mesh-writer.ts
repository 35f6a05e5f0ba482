import { FolderPeer } from '../../examples/mesh/folder-peer.js';

/**
 * A process that puts one apple after the other on the list of ann, and stores each, until it is killed. It prints how many
 * there are once that is stored.
 */
const [folder = '', agent = ''] = process.argv.slice(2);
const peer = new FolderPeer(folder, 'ann', agent);
for (let minute = 1; ; minute++) {
  peer.add('apples', 1n);
  peer.exchange(new Date(60_000 * minute));
  console.log(/^(\d+) × apples$/m.exec(peer.lines().join('\n'))?.[1]);
}
