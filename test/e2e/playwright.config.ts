import { defineConfig } from '@playwright/test';

// No browser projects: the tests launch the real application (see scripts/e2e.mjs for which Electron).
export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  // Most of the time a window waits for what is computed or for a reader: two at once.
  workers: 2,
  timeout: 180_000,
  expect: { timeout: 15_000 },
  forbidOnly: Boolean(process.env.CI),
  // Machines of CI are shared: what fails once is tried once more, and listed as flaky.
  retries: process.env.CI ? 1 : 0,
  reporter: 'list',
});
