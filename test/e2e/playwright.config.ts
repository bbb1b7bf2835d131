import { defineConfig } from '@playwright/test';

// No browser projects: the tests launch the real application (see scripts/e2e.mjs for which Electron).
export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 15_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
});
