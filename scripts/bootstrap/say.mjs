// What the bootstrap says: one line per step on stderr (stdout belongs to the program that follows), and one sentence when
// it cannot go on.

/** Something the user must settle; printed as it stands, without a stack. */
export class Stop extends Error {}

let preface = '';

/** Said once, before the first line of progress, and not at all when there is none. */
export const sayFirst = (line) => {
  preface = `${line}\n`;
};

/** One line of progress: what is done and why. */
export const say = (line) => {
  process.stderr.write(`${preface}holdpoint: ${line}\n`);
  preface = '';
};

/** Runs the action; a Stop becomes its sentence and exit code 1. */
export async function orStop(action) {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    process.exit(1);
  }
}
