/** Things chosen by name: agents and reviewers, the built-in ones and those that packages of the configuration bring. */
import { HoldpointError } from './failure-kind.ts';

/** Makes one for a plan's settings. Throws only `HoldpointError`. */
export type Factory<Settings, Thing> = (settings: Settings) => Thing;

export type Factories<Settings, Thing> = Record<string, Factory<Settings, Thing>>;

export interface Registry<Settings, Thing> {
  names(): string[];
  /** Throws `bad_input`, naming what there is, for a name nobody registered. */
  make(settings: Settings): Thing;
}

/** What the default export of a package is called with. */
export type Register<Settings, Thing> = (name: string, factory: Factory<Settings, Thing>) => void;

const taken = (what: string, name: string) => new HoldpointError('bad_input', `Two ${what}s are registered under the name "${name}".`);

/** `what` is the word for people: "agent". Throws `bad_input` when two sources bring the same name. */
export function createRegistry<Settings extends { name: string }, Thing>(what: string, ...sources: Factories<Settings, Thing>[]): Registry<Settings, Thing> {
  const factories = new Map<string, Factory<Settings, Thing>>();
  for (const [name, factory] of sources.flatMap((source) => Object.entries(source))) {
    if (factories.has(name)) throw taken(what, name);
    factories.set(name, factory);
  }
  const names = () => [...factories.keys()].sort();
  return {
    names,
    make(settings) {
      const factory = factories.get(settings.name);
      if (factory) return factory(settings);
      throw new HoldpointError('bad_input', `There is no ${what} "${settings.name}".`, { hint: `Registered: ${names().join(', ')}.` });
    },
  };
}

/**
 * Loads the packages by `load` (a dynamic import) and collects what their default exports register. Runs their code: only
 * what the service's own configuration names. Throws `bad_input` for a package that cannot be used.
 */
export async function loadFactories<Settings, Thing>(
  what: string, specifiers: readonly string[], load: (specifier: string) => Promise<unknown>,
): Promise<Factories<Settings, Thing>> {
  const collected: Factories<Settings, Thing> = {};
  for (const specifier of specifiers) {
    const run = await defaultExport<Settings, Thing>(what, specifier, load);
    await run((name, factory) => {
      if (Object.hasOwn(collected, name)) throw taken(what, name);
      collected[name] = factory;
    });
  }
  return collected;
}

type RunRegister<Settings, Thing> = (register: Register<Settings, Thing>) => void | Promise<void>;

async function defaultExport<Settings, Thing>(
  what: string, specifier: string, load: (specifier: string) => Promise<unknown>,
): Promise<RunRegister<Settings, Thing>> {
  const loaded = await load(specifier).catch((cause: unknown) => {
    throw new HoldpointError('bad_input', `The ${what} package "${specifier}" cannot be loaded: ${String(cause)}`, {
      hint: 'Install it beside Holdpoint, or take it out of the configuration.', cause,
    });
  });
  const found = (loaded as { default?: unknown }).default;
  if (typeof found === 'function') return found as RunRegister<Settings, Thing>;
  throw new HoldpointError('bad_input', `The ${what} package "${specifier}" has no default export that registers something.`, {
    hint: 'It must export default (register) => register(name, factory).',
  });
}
