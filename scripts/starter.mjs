// node scripts/starter.mjs [pictures | train [network ...] | cards]: remakes resources/starter (scripts/starter/README.md).
import { join } from 'node:path';
import { projectDir } from './ensure.mjs';
import { runTypescript } from './run-typescript.mjs';

process.chdir(projectDir);
await runTypescript(join(projectDir, 'scripts', 'starter', 'starter.ts'), 'starter-code', process.argv.slice(2));
