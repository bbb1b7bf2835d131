// node scripts/bench.mjs NAME [arguments]: runs bench/NAME.ts.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from './ensure.mjs';
import { runTypescript } from './run-typescript.mjs';

const [name, ...args] = process.argv.slice(2);
const source = join(projectDir, 'bench', `${name}.ts`);
if (!name || !existsSync(source)) {
  const names = readdirSync(join(projectDir, 'bench')).filter((file) => file.endsWith('.ts'));
  console.error(
    `Usage: node scripts/bench.mjs NAME [arguments]; NAME is one of ${names.map((file) => file.slice(0, -3)).join(', ')}`,
  );
  process.exit(2);
}
await runTypescript(source, 'bench', args);
