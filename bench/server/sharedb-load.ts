import { createRequire } from 'node:module';
import { WebSocket } from 'ws';
import type { Done } from './load.js';
import { ENTRY_TEXT } from './protocol.js';

/** The part of ShareDB's client that is used here. Its declarations lack the constructor. */
interface ShareDbClient {
  readonly Connection: new (socket: WebSocket) => { get(collection: string, id: string): ShareDbDocument };
}

interface ShareDbDocument {
  create(data: object, done: (error: unknown) => void): void;
  submitOp(op: object, done: (error: unknown) => void): void;
}

/** The same edits through ShareDB's own client: each inserts a member into the object of its document. */
export async function loadShareDb(port: number, clients: number, ms: number): Promise<Done> {
  const life = Math.round(performance.now());
  const { Connection } = createRequire(import.meta.url)('sharedb/lib/client') as ShareDbClient;
  const documents = await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      const document = new Connection(socket).get('notes', `document-${life}-${client}`);
      await new Promise<void>((resolve, reject) =>
        document.create({}, (error: unknown) => (error === undefined || error === null ? resolve() : reject(error))),
      );
      return { socket, document };
    }),
  );
  let puts = 0;
  const begun = performance.now();
  const end = begun + ms;
  await Promise.all(
    documents.map(async ({ document }, client) => {
      for (let count = 1; performance.now() < end; count++) {
        const op = [{ p: [`r${client}-${count}`], oi: { text: ENTRY_TEXT } }];
        await new Promise<void>((resolve, reject) =>
          document.submitOp(op, (error: unknown) =>
            error === undefined || error === null ? resolve() : reject(error),
          ),
        );
        puts++;
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  for (const { socket } of documents) socket.close();
  return { puts, seconds, conflicts: 0 };
}
