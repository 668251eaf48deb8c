/** A binary heap: the first by `isBefore` is on top. Package-free: workflow code imports this file. */

export interface Heap<T> {
  push(item: T): void;
  /** Undefined when it is empty. */
  peek(): T | undefined;
  pop(): T | undefined;
}

/** `isBefore` must be a strict order that does not change for items inside. */
export function createHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];
  const at = (index: number): T => items[index] as T;
  return {
    peek: () => items[0],
    push(item) {
      let index = items.length;
      items.push(item);
      for (let parent = (index - 1) >> 1; index > 0 && isBefore(item, at(parent)); parent = (index - 1) >> 1) {
        items[index] = at(parent);
        index = parent;
      }
      items[index] = item;
    },
    pop() {
      const top = items[0];
      const last = items.pop();
      if (items.length > 0) sink(items, last as T, isBefore);
      return top;
    },
  };
}

/** Puts the item in the place of the top, below all that come before it. */
function sink<T>(items: T[], item: T, isBefore: (a: T, b: T) => boolean): void {
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= items.length) break;
    if (child + 1 < items.length && isBefore(items[child + 1] as T, items[child] as T)) child += 1;
    if (!isBefore(items[child] as T, item)) break;
    items[index] = items[child] as T;
    index = child;
  }
  items[index] = item;
}
