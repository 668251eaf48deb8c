/**
 * Remembers what a workspace looked like, so that unchanged files are not read again, also by the next process. Forgotten at a reboot:
 * what was not synced may then be gone from the store.
 */
import { readFile } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { writeWhole } from '../durable.ts';
import { allRecords, type FolderRecord } from './folder-record.ts';

/** A scan that is over, and what it left out. */
export interface LastScan {
  record: FolderRecord;
  options: string;
  /** Sweeps of the store that had begun: what one of them took away is not vouched for. */
  sweeps: number;
}

/** Without the records below: they follow, in the order in which they are walked. */
interface Row extends Omit<FolderRecord, 'below'> {
  below: number[];
}

interface Content extends Omit<LastScan, 'record'> {
  format: string;
  rows: Row[];
}

export class StatCache {
  readonly #file: string;
  readonly #format: string;
  #last: LastScan | undefined;
  #isSaved = true;

  private constructor(file: string, boot: string) {
    this.#file = file;
    this.#format = `3 ${process.versions.v8} ${boot}`;
  }

  /** What the last process that scanned this workspace knew; a file of an earlier boot counts as none. */
  static async open(file: string, boot: string): Promise<StatCache> {
    const cache = new StatCache(file, boot);
    cache.#last = await readFile(file).then((content) => unpack(content, cache.#format), () => undefined);
    return cache;
  }

  get last(): LastScan | undefined {
    return this.#last;
  }

  keep(last: LastScan): void {
    this.#isSaved &&= last.record === this.#last?.record && last.options === this.#last.options && last.sweeps === this.#last.sweeps;
    this.#last = last;
  }

  /** Writes it down for the next process, unless it is. */
  async save(): Promise<void> {
    if (this.#isSaved || !this.#last) return;
    this.#isSaved = true;
    await writeWhole(this.#file, pack(this.#last, this.#format));
  }
}

function pack({ record, options, sweeps }: LastScan, format: string): Buffer {
  const records = [...allRecords(record)].map(({ record: one }) => one);
  const numbers = new Map(records.map((one, number) => [one, number]));
  const rows = records.map((one): Row => ({ ...one, below: [...one.below].flatMap(([at, child]) => [at, numbers.get(child) ?? 0]) }));
  return serialize({ format, options, sweeps, rows } satisfies Content);
}

/** A content of another format, or one that was cut, is as good as none. */
function unpack(content: Buffer, format: string): LastScan | undefined {
  const { rows, options, sweeps, ...head } = deserialize(content) as Content;
  if (head.format !== format) return undefined;
  const records = rows.map((row): FolderRecord => ({ ...row, below: new Map() }));
  rows.forEach(({ below }, number) => {
    for (let n = 0; n < below.length; n += 2) records[number]?.below.set(below[n] as number, records[below[n + 1] as number] as FolderRecord);
  });
  const [record] = records;
  return record && { record, options, sweeps };
}
