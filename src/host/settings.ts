/** What the entry point read from its surroundings; everything below gets it handed in. */
type Environment = Readonly<Record<string, string | undefined>>;

export interface HostSettings {
  /** Absolute; holds runs and shadow repositories. */
  stateDir: string;
  /** Absolute; the same for all programs of this user: who may write in which workspace, and what runs there. */
  fenceDir: string;
  /** Environment of the host user as this program was started with it. */
  env: Environment;
  /** How to start this program again, for a supervisor: executable, then arguments. */
  program: readonly [string, ...string[]];
  version: string;
}
