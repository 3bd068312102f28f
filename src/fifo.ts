/** Taken items are removed from the front of the array when there are this many of them, and they are half of it. */
const MOST_TAKEN = 64;

/** A queue whose shift() takes the same time however long the queue is: an array moves all that is left. */
export class Fifo<T> {
  #items: T[] = [];
  /** Index of the first item that was not taken. */
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest item, or undefined if there is none. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** Takes the oldest item out; undefined if there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head]!;
    // Whoever takes an item may free it.
    this.#items[this.#head] = undefined as T;
    this.#head++;
    if (this.length === 0) this.clear();
    else if (this.#head >= MOST_TAKEN && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes all items out, oldest first. */
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
