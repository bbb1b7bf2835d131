import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';
import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const shared = { '@shared': at('src/shared') };

// The engine, its workers and the command line run under plain Node; the window must also run on the oldest Electron
// supported, 33. Hence the explicit targets: electron-vite would derive newer ones from the installed version.
const nodeTarget = 'node20';
const chromeTarget = 'chrome130';

// The development server injects styles and opens a websocket; the built window allows neither.
const developmentPolicy: Plugin = {
  name: 'development-content-security-policy',
  apply: 'serve',
  transformIndexHtml: (html) =>
    html.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'; connect-src 'self' ws:"),
};

export default defineConfig({
  main: {
    resolve: { alias: shared },
    build: {
      target: nodeTarget,
      sourcemap: true,
      // Every process needs zod, a hundred files: bundled it loads in a third of the time, and a latency measurement starts ten processes.
      externalizeDeps: { exclude: ['zod'] },
      rolldownOptions: {
        input: {
          main: at('src/main/main.ts'),
          engine: at('src/main/engine/engine.ts'),
          worker: at('src/main/engine/worker.ts'),
          probe: at('src/main/engine/probe.ts'),
          'live-worker': at('src/main/engine/live-worker.ts'),
          'power-thread': at('src/main/engine/machine/power-thread.ts'),
          'image-thread': at('src/main/engine/dataset/image-thread.ts'),
          'training-thread': at('src/main/engine/dataset/training/training-thread.ts'),
          cli: at('src/cli/cli.ts'),
        },
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    resolve: { alias: shared },
    build: {
      target: nodeTarget,
      sourcemap: true,
      // A sandboxed preload script can require nothing but electron: one CommonJS file holds all of it.
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: at('src/preload/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('src/renderer'),
    resolve: { alias: { ...shared, '@': at('src/renderer') } },
    plugins: [vue(), developmentPolicy],
    build: {
      target: chromeTarget,
      sourcemap: true,
      rolldownOptions: { input: { index: at('src/renderer/index.html') } },
    },
  },
});
