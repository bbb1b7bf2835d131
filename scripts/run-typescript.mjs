// Bundles a TypeScript file for plain Node and runs it in a process of its own, so that its peak memory is its own.
import { spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import { build } from 'vite';
import { projectDir } from './ensure.mjs';

/** @param source the file, @param folder below `.cache` for the bundle. The exit code of this process becomes that of the other. */
export async function runTypescript(source, folder, args) {
  const name = basename(source, '.ts');
  const outDir = join(projectDir, '.cache', folder);
  await build({
    configFile: false,
    root: projectDir,
    logLevel: 'warn',
    resolve: { alias: { '@shared': join(projectDir, 'src', 'shared') } },
    // Packages stay where they are: several hold native code. zod is bundled, as in the product: workers start faster.
    ssr: { noExternal: ['zod'] },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      rolldownOptions: {
        input: {
          [name]: source,
          worker: join(projectDir, 'src', 'main', 'engine', 'worker.ts'),
          'live-worker': join(projectDir, 'src', 'main', 'engine', 'live-worker.ts'),
          'power-thread': join(projectDir, 'src', 'main', 'engine', 'machine', 'power-thread.ts'),
          'image-thread': join(projectDir, 'src', 'main', 'engine', 'dataset', 'image-thread.ts'),
          'training-thread': join(projectDir, 'src', 'main', 'engine', 'dataset', 'training', 'training-thread.ts'),
        },
        output: { entryFileNames: ({ name: entry }) => (entry === name ? '[name].mjs' : '[name].js') },
      },
    },
  });
  const child = spawn(process.execPath, [join(outDir, `${name}.mjs`), ...args], { stdio: 'inherit' });
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 1 : code;
  });
}
