/** Whoever wants to know of an event. */
export type Listener<Event> = (event: Event) => void;

/**
 * The listeners of one object, by the name of the event. Adding one twice is adding it once; removing one that was never
 * added has no effect; once closed, there are none and none can be added.
 */
export class Listeners<Events extends object> {
  readonly #byName = new Map<keyof Events, Set<Listener<never>>>();
  readonly #failed: (error: unknown) => void;
  #isClosed = false;

  /** What a listener throws is handed to `failed`: the others are told all the same, and the engine goes on. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  add<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    if (this.#isClosed) return;
    const listeners = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, listeners.add(listener));
  }

  remove<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    const listeners = this.#byName.get(name);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#byName.delete(name);
  }

  has(name: keyof Events): boolean {
    return this.#byName.has(name);
  }

  /** Tells all who listen now. One that an earlier one removes is not called any more, one that it adds not yet. */
  tell<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const listeners = this.#byName.get(name) as Set<Listener<Events[Name]>> | undefined;
    for (const listener of [...(listeners ?? [])]) {
      if (listeners?.has(listener) === true) this.#call(listener, event);
    }
  }

  /** Lets go of all listeners, for good. */
  close(): void {
    this.#isClosed = true;
    for (const listeners of this.#byName.values()) listeners.clear();
    this.#byName.clear();
  }

  #call<Event>(listener: Listener<Event>, event: Event): void {
    try {
      listener(event);
    } catch (error) {
      this.#failed(error);
    }
  }
}
