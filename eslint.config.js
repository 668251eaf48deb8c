import ts from 'typescript-eslint';

// The sizes are the project's rule (docs/architecture.md): a file holds one idea, a function fits on half a screen.
const sizes = {
  'max-lines': ['error', 250],
  'max-lines-per-function': ['error', 50],
};

const language = {
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/no-explicit-any': 'error',
  // `{ left, ...rest }` is how a member is left out.
  '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  // An async function without await keeps one shape for all implementations of a seam.
  '@typescript-eslint/require-await': 'off',
};

export default ts.config(
  { ignores: ['node_modules/', 'dist/', 'build/', 'coverage/', '.holdpoint/', 'examples/tinyslug/', 'test/fixtures/'] },
  ...ts.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: { ...sizes, ...language },
  },
  {
    // Plain JavaScript has no types to check.
    files: ['**/*.js', '**/*.mjs', 'bin/holdpoint'],
    ...ts.configs.disableTypeChecked,
  },
  {
    files: ['test/**'],
    // A describe block is a list of cases, not a function to hold in one's head.
    rules: { 'max-lines-per-function': 'off' },
  },
);
