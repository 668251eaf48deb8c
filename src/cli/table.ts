/** Tables for people: no borders, columns two spaces apart, so that they can be cut and pasted. */
import Table from 'cli-table3';

const BARE = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ',
};

/** Rows of cells under a head; every cell on one line. */
export function table(head: string[], rows: (string | number | null)[][]): string {
  const made = new Table({ head, chars: BARE, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } });
  made.push(...rows.map((row) => row.map((cell) => (cell === null ? '–' : String(cell).replace(/(?<=\S)\s+/g, ' ')))));
  return made.toString().split('\n').map((line) => line.trimEnd()).join('\n');
}

export const usd = (amount: number): string => `$${amount.toFixed(4)}`;

export const score = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
