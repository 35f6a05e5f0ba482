/** Reads off the two reference documents which items they have: what a table of all of them must not leave out. */

const CLASS = /^(Dbx\w+(?:\.\w+)?)(?:\s{2,}.*)?$/;
const SECTION = /^(Static methods|Instance methods|Constants|Instance fields|Enums|Exceptions|Constructors)$/;
const BULLET = /^ {2}• (.+)$/;

/**
 * The items of the Android reference, such as `DbxTable`, `DbxTable.get(String id)`, `DbxTable.ResolutionRule.SUM`, and
 * what a method throws, as `DbxTable.get(String id) throws DbxException`.
 */
export function itemsOfReference(text: string): string[] {
  const items: string[] = [];
  let owner = '';
  let item = '';
  let part: 'text' | 'throws' | 'values' = 'text';
  for (const line of text.split('\n')) {
    const [, name] = CLASS.exec(line) ?? [];
    const [, bullet] = BULLET.exec(line) ?? [];
    if (name !== undefined) {
      owner = name;
      items.push(name);
    } else if (bullet !== undefined && owner !== '') {
      item = itemName(owner, bullet);
      items.push(item);
    } else if (line.trim() === 'Throws') {
      part = 'throws';
      continue;
    } else if (line.trim() === 'Values') {
      part = 'values';
      continue;
    } else if (part === 'throws' && /^ {4}Dbx\w+(\.\w+)*$/.test(line)) {
      items.push(`${item} throws ${line.trim()}`);
      continue;
    } else if (part === 'values' && /^ {4}[A-Z]+$/.test(line)) {
      items.push(`${item}.${line.trim()}`);
      continue;
    }
    if (name !== undefined || bullet !== undefined || SECTION.test(line)) part = 'text';
  }
  return items;
}

/** `boolean isOpen()` of `DbxDatastore` is `DbxDatastore.isOpen()`; exceptions and enums are named in full already. */
function itemName(owner: string, bullet: string): string {
  const [whole = ''] = bullet.split(/\s{2,}/);
  if (whole.startsWith(`${owner}.`)) return whole;
  const signature = /(\w+\s*\(.*\))$/.exec(whole)?.[1] ?? whole.split(' ').at(-1) ?? whole;
  return `${owner}.${signature.replace(/\b(?:android|java)\.[\w.]+\./g, '')}`;
}

/** Names in the tutorial that belong to its example and not to the API. */
const OF_THE_EXAMPLE =
  /^(session|request|app|redirect|url_for|home|get_auth_flow|dropbox_auth_\w+|do_\w+|finish|start|route)$/;

/** The items of the Python tutorial: methods, roles and principals, classes, and parameters, each once. */
export function itemsOfTutorial(text: string): string[] {
  const methods = [...text.matchAll(/\b(?:manager|datastore|tasks_table|first_task|task|record|client)\.(\w+)\(/g)];
  const named = [...text.matchAll(/\b([a-z]+(?:_[a-z]+)+)(?=\(\)| method\b|=4)/g)];
  const plain = [...text.matchAll(/\b(?:the|call) (commit|delete)(?:\(\)| method)/g)];
  const constants = [...text.matchAll(/\b(Datastore\.[A-Z]+)\b/g)];
  const classes = [...text.matchAll(/\b(Dropbox[A-Z]\w+|Datastore[A-Z]\w+|dropbox\.datastore\.\w+)\b/g)];
  const names = [...methods, ...named, ...plain, ...constants, ...classes].map(([, name = '']) => name);
  return [...new Set(names)].filter((name) => !OF_THE_EXAMPLE.test(name)).sort();
}
