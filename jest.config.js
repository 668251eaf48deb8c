// ES modules under jest 30: run with `node --experimental-vm-modules` (scripts/bootstrap does).
export default {
  testEnvironment: '<rootDir>/test/support/jest-environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }],
  },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testTimeout: 300_000,
  // What jest says after that counts as a failure (scripts/test/jest.mjs): a loaded machine takes its time to end what has been told to.
  openHandlesTimeout: 30_000,
  maxWorkers: 2,
  coverageProvider: 'babel',
  // Not below the folder for temporary files, which is a new one each time (scripts/test/leftovers.mjs).
  cacheDirectory: '<rootDir>/build/jest-cache',
  collectCoverageFrom: ['src/**/*.ts'],
};
