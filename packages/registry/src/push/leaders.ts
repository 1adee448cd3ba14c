/**
 * Lets the first that does something do it alone, and all others after it has succeeded, as many as like at a time.
 *
 * Whoever sends a blob to one repository spares those that want it in another from sending it too. Where the first
 * fails, the next is the first.
 */
export class Leaders<Key> {
  readonly #leaders = new Map<Key, Promise<boolean>>();

  /** Does something that is known by a key, in its turn. */
  async follow<T>(key: Key, work: () => Promise<T>): Promise<T> {
    for (let leader = this.#leaders.get(key); leader !== undefined; leader = this.#leaders.get(key)) {
      if (await leader) return work();
    }
    const own = work();
    const succeeded = own.then(
      () => true,
      () => {
        this.#leaders.delete(key);
        return false;
      },
    );
    this.#leaders.set(key, succeeded);
    return own;
  }
}
