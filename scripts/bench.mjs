// node scripts/bench.mjs NAME [arguments]: bundles bench/NAME.ts for plain Node into .cache/bench and runs it in a
// process of its own, so that its peak memory is its own.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { projectDir } from './ensure.mjs';

const [name, ...args] = process.argv.slice(2);
const source = join(projectDir, 'bench', `${name}.ts`);
if (!name || !existsSync(source)) {
  const names = readdirSync(join(projectDir, 'bench')).filter((file) => file.endsWith('.ts'));
  console.error(
    `Usage: node scripts/bench.mjs NAME [arguments]; NAME is one of ${names.map((file) => file.slice(0, -3)).join(', ')}`,
  );
  process.exit(2);
}
const outDir = join(projectDir, '.cache', 'bench');
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
