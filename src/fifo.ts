/** Taken items are removed from the array when there are at least this many and they are half of it. */
const MIN_TAKEN = 64;

/** A queue whose shift() takes the same time at any length. An array would move all remaining items. */
export class Fifo<T> {
  #items: T[] = [];
  /** The index of the first item that was not taken. */
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Returns the oldest item, or undefined if there is none. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** Removes and returns the oldest item, or returns undefined if there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head]!;
    // The caller may free the item.
    this.#items[this.#head] = undefined as T;
    this.#head++;
    if (this.length === 0) this.clear();
    else if (this.#head >= MIN_TAKEN && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Removes and returns all items, oldest first. */
  takeAll(): T[] {
    const items = this.#items.slice(this.#head);
    this.clear();
    return items;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
