/** Reviewers by name. */
import type { ReviewerSettings } from '../domain/plan.ts';
import { createRegistry, loadFactories, type Factories, type Registry } from '../domain/registry.ts';
import type { Reviewer } from '../domain/review.ts';
import { createOllama } from './ollama.ts';

export type ReviewerFactories = Factories<ReviewerSettings, Reviewer>;

/** `createReviewers(builtinReviewers(…), await loadReviewerPackages(…)).make(settings)`. Throws `bad_input` for a name taken twice. */
export const createReviewers = (...sources: ReviewerFactories[]): Registry<ReviewerSettings, Reviewer> => createRegistry('reviewer', ...sources);

/** The reviewers that come with Holdpoint; `host` is Ollama's base URL. */
export const builtinReviewers = (options: { ollama: { host: string } }): ReviewerFactories => ({
  ollama: ({ model }) => createOllama({ ...options.ollama, model }),
});

/** Package names or file URLs whose default exports register reviewers; see `loadFactories`. */
export const loadReviewerPackages = (specifiers: readonly string[]): Promise<ReviewerFactories> =>
  loadFactories('reviewer', specifiers, (specifier) => import(specifier));
