import vue from '@vitejs/plugin-vue';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Native libraries that `npm test` fetched, also for tests that are run by themselves. */
process.env.WHITTLE_RUNTIMES ??= fileURLToPath(new URL('.cache/runtimes', import.meta.url));

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@shared': at('src/shared'), '@': at('src/renderer') } },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'] },
      },
      {
        // Real ONNX Runtime on real workers: forks, because a native crash must not take the test runner with it.
        extends: true,
        test: {
          name: 'engine',
          include: ['test/engine/**/*.test.ts'],
          globalSetup: 'test/engine/global-setup.ts',
          pool: 'forks',
          // Many wait for processes of their own.
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
