// The to-do list in a terminal. Two terminals, each with a storage of its own, meet through a server: see README.md.

import { AccountManager, environmentOf } from 'deltaic/datastore';
import { httpLink } from 'deltaic/http';
import { LmdbStorage } from 'deltaic/storage/lmdb';
import { TodoList } from './todo-list.js';

/** A terminal, and how it reaches the server. */
export interface Terminal {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  /** Where it keeps its data. */
  readonly directory: string;
  readonly lines: AsyncIterable<string>;
  readonly print: (line: string) => void;
}

const HELP = 'add ID TEXT · rename ID TEXT · tick ID · work ID MINUTES · top ID · remove ID · show · status · quit';

/** Obeys one line after the other, until there is none or one says `quit`. */
export async function runTerminal({ name, url, token, directory, lines, print }: Terminal): Promise<void> {
  const accounts = await AccountManager.open({
    storage: new LmdbStorage({ path: directory }),
    environment: environmentOf(globalThis),
    connect: () => httpLink({ url, getToken: () => token }),
  });
  const list = await TodoList.open(name, await accounts.managerFor(await accounts.link('me')), print);
  list.showIncoming();
  for await (const line of lines) {
    const [command = '', id = '', ...words] = line.trim().split(' ');
    if (command === 'quit') break;
    try {
      obey(list, command, id, words.join(' '), print);
    } catch (error) {
      print(error instanceof Error ? error.message : String(error));
    }
    await list.sync();
  }
  await accounts.close();
}

/** What each command does with the id of a task and a text. */
const COMMANDS: Readonly<Record<string, (list: TodoList, id: string, text: string) => void>> = {
  add: (list, id, text) => list.add(id, text),
  rename: (list, id, text) => list.rename(id, text),
  tick: (list, id) => list.tick(id),
  work: (list, id, minutes) => list.work(id, BigInt(minutes)),
  top: (list, id) => list.moveToTop(id),
  remove: (list, id) => list.remove(id),
  show: (list) => list.show(),
};

function obey(list: TodoList, name: string, id: string, text: string, print: (line: string) => void): void {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) command(list, id, text);
  else print(name === 'status' ? list.describeStatus() : HELP);
}
