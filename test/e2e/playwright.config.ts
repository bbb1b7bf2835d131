import { defineConfig } from '@playwright/test';

// No browser projects: the tests launch the real application (see scripts/e2e.mjs for which Electron).
export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  // A clipboard and a focus for each: see scripts/e2e.mjs.
  workers: (process.env.WHITTLE_SCREENS ?? '').split(' ').length,
  timeout: 180_000,
  expect: { timeout: 15_000 },
  forbidOnly: Boolean(process.env.CI),
  // Machines of CI are shared: what fails once is tried once more, and listed as flaky.
  retries: process.env.CI ? 1 : 0,
  reporter: 'list',
});
