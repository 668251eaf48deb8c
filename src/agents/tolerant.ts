/** Readers of foreign JSON that take what has the expected type and leave out the rest: nothing another program prints may throw. */

export type Reader<T> = (value: unknown) => T | undefined;

export const text: Reader<string> = (value) => (typeof value === 'string' ? value : undefined);
export const count: Reader<number> = (value) => (typeof value === 'number' ? value : undefined);
export const flag: Reader<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);
export const anything: Reader<unknown> = (value) => value;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Items that cannot be read are left out. */
export const list = <T>(item: Reader<T>): Reader<T[]> => (value) =>
  (Array.isArray(value) ? value.map(item).filter((read) => read !== undefined) : undefined);

export const valuesOf = <T>(item: Reader<T>): Reader<T[]> => (value) => (isObject(value) ? list(item)(Object.values(value)) : undefined);

/** Pairs of key and value; values that cannot be read are left out. */
export const entriesOf = <T>(item: Reader<T>): Reader<[string, T][]> => (value) =>
  (isObject(value)
    ? Object.entries(value).map(([key, read]) => [key, item(read)] as const).filter((entry): entry is [string, T] => entry[1] !== undefined)
    : undefined);

export const either = <A, B>(first: Reader<A>, second: Reader<B>): Reader<A | B> => (value) => first(value) ?? second(value);

type Shape = Record<string, Reader<unknown>>;

export type Read<S extends Shape> = { [K in keyof S]?: Exclude<ReturnType<S[K]>, undefined> };

/** Fields that are absent or of another type are absent from the answer. */
export const object = <S extends Shape>(shape: S): Reader<Read<S>> => {
  const readers = Object.entries(shape);
  return (value) => {
    if (!isObject(value)) return undefined;
    const read: Record<string, unknown> = {};
    // A loop and no pairs: every line of every agent comes through here.
    for (const [name, reader] of readers) {
      const field = value[name];
      const known = field === undefined ? undefined : reader(field);
      if (known !== undefined) read[name] = known;
    }
    return read as Read<S>;
  };
};

/** Undefined when the text is not JSON. */
export function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
