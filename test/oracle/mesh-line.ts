/** The line of a list as LINE-3 and LINE-4 draw it: a tree with START as its root, read in order. */

export const START = 'START';
export const END = 'END';

export interface Location {
  readonly key: string;
  /** Base locations have the one before and END (LINE-3). */
  readonly leftOrigin: string;
  readonly rightOrigin: string;
  readonly agent: string;
  readonly isRightMove: boolean;
}

interface Node {
  readonly location: Location | undefined;
  readonly parent: Node | undefined;
  readonly left: Node[];
  readonly right: Node[];
}

/** The line of locations that are given in a topological order, base locations first. */
export function drawLine(locations: readonly Location[]): string[] {
  const root: Node = { location: undefined, parent: undefined, left: [], right: [] };
  const nodes = new Map<string, Node>([[START, root]]);
  for (const location of locations) {
    const leftOrigin = nodeOf(nodes, location.leftOrigin);
    const rightOrigin = nodes.get(location.rightOrigin);
    const isLeftChild = rightOrigin !== undefined && isBelow(rightOrigin, leftOrigin);
    const parent = isLeftChild ? rightOrigin : leftOrigin;
    const node: Node = { location, parent, left: [], right: [] };
    nodes.set(location.key, node);
    const siblings = isLeftChild ? parent.left : parent.right;
    siblings.push(node);
    if (siblings.length > 1) siblings.sort((a, b) => compareSiblings(locationOf(a), locationOf(b), isLeftChild, root));
  }
  return readLine(root);
}

/** LINE-4. */
function compareSiblings(a: Location, b: Location, areLeftChildren: boolean, root: Node): number {
  if (a === b) return 0;
  if (!areLeftChildren && a.rightOrigin !== b.rightOrigin) {
    // Right origins are older than what has them, so the line as it is already tells their order.
    const line = [START, ...readLine(root), END];
    return line.indexOf(b.rightOrigin) - line.indexOf(a.rightOrigin);
  }
  if (a.isRightMove !== b.isRightMove) return a.isRightMove ? -1 : 1;
  const ascending = a.agent < b.agent ? -1 : 1;
  return a.isRightMove ? ascending : -ascending;
}

function readLine(node: Node, line: string[] = []): string[] {
  for (const child of node.left) readLine(child, line);
  if (node.location !== undefined) line.push(node.location.key);
  for (const child of node.right) readLine(child, line);
  return line;
}

function isBelow(node: Node, ancestor: Node): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) if (at === ancestor) return true;
  return false;
}

function nodeOf(nodes: ReadonlyMap<string, Node>, key: string): Node {
  const node = nodes.get(key);
  if (node === undefined) throw new Error(`There is no location ${key}.`);
  return node;
}

function locationOf(node: Node): Location {
  if (node.location === undefined) throw new Error('START is nobody’s sibling.');
  return node.location;
}
