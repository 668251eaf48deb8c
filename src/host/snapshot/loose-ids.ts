/** Which objects lie loose in a repository. Each folder of them is listed once; what others add later is merely written twice. */
import { readdirSync, statSync } from 'node:fs';
import { errorCode } from '../host-error.ts';

export class LooseIds {
  readonly #objects: string;
  readonly #listed = new Map<string, Set<string>>();

  constructor(objects: string) {
    this.#objects = objects;
  }

  /** An empty file is what a crash of the machine may leave of an object. */
  has(id: string): boolean {
    return this.#folder(id.slice(0, 2)).has(id.slice(2)) && (statSync(this.path(id), { throwIfNoEntry: false })?.size ?? 0) > 0;
  }

  path(id: string): string {
    return `${this.#objects}/${id.slice(0, 2)}/${id.slice(2)}`;
  }

  forget(): void {
    this.#listed.clear();
  }

  #folder(prefix: string): Set<string> {
    const known = this.#listed.get(prefix);
    if (known) return known;
    const names = new Set(list(`${this.#objects}/${prefix}`));
    this.#listed.set(prefix, names);
    return names;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
