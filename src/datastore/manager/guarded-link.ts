import { asFamily, outsideError, readOutside } from './failure.js';
import type { Link, LinkEvent, Watch } from './link.js';
import { readAccess, readAnswer, readEvent, readList, readProfile } from './link-answers.js';

/**
 * A link as the manager calls it. Whatever the one that was given does, throwing at once included, a call of this one
 * rejects with a `DatastoreError` or answers what it should; what else goes wrong is `server`. Spec: LINK-1, LINK-13.
 */
export function guardedLink(link: Link): Link {
  return {
    profile: () => asFamily(() => link.profile(), 'server', readProfile),
    list: () => asFamily(() => link.list(), 'server', readList),
    find: (id) => asFamily(() => link.find(id), 'server', readAccess),
    create: (id) => asFamily(() => link.create(id), 'server', readAccess),
    delete: (id) => asFamily(() => link.delete(id), 'server'),
    exchange: (handle, message) => asFamily(() => link.exchange(handle, message), 'server', readAnswer),
    watch: (listener) => new GuardedWatch(link, listener),
  };
}

/** A watch that ends, and says so, where the one that it stands for fails. */
class GuardedWatch implements Watch {
  #listener: ((event: LinkEvent) => void) | undefined;
  #watch: Watch | undefined;

  constructor(link: Link, listener: (event: LinkEvent) => void) {
    this.#listener = listener;
    let isBegun = false;
    this.#try(() => {
      this.#watch = link.watch((event) => {
        // Whoever begins a watch cannot hear of it before there is one.
        if (isBegun) this.#hear(event);
        else this.#later(() => this.#hear(event));
      });
    });
    isBegun = true;
    // A watch is no promise; where it is one, somebody has to hear that it was rejected.
    Promise.resolve(this.#watch).catch((error: unknown) => this.#tell(disconnected(error)));
  }

  follow(handles: readonly string[]): void {
    if (this.#listener !== undefined) this.#try(() => (this.#watch as Watch).follow(handles));
  }

  close(): void {
    const watch = this.#watch;
    this.#listener = undefined;
    this.#watch = undefined;
    try {
      watch?.close();
    } catch {
      // Whatever it still tells is not heard any more, so nothing depends on its end.
    }
  }

  #hear(told: unknown): void {
    let event: LinkEvent;
    try {
      event = readOutside(told, 'server', readEvent);
    } catch (error) {
      event = disconnected(error);
    }
    this.#tell(event);
  }

  #tell(event: LinkEvent): void {
    const listener = this.#listener;
    if (event.type === 'disconnected') this.close();
    listener?.(event);
  }

  /** Calls the watch. That it failed is told in a later turn, as all events are. */
  #try(call: () => void): void {
    try {
      call();
    } catch (error) {
      const event = disconnected(error);
      this.#later(() => this.#tell(event));
    }
  }

  #later(task: () => void): void {
    void Promise.resolve().then(task);
  }
}

function disconnected(error: unknown): LinkEvent {
  return { type: 'disconnected', error: outsideError(error, 'server') };
}
