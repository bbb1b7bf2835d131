// Copies the running Node into .runtime/node, from where electron-builder takes it into the package: the engine needs a
// plain Node, and people who install Whittle need not have one.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from './ensure.mjs';

const outDir = join(projectDir, '.runtime', 'node');
rmSync(outDir, { recursive: true, force: true });
mkdirSync(outDir, { recursive: true });
cpSync(process.execPath, join(outDir, process.platform === 'win32' ? 'node.exe' : 'node'), { dereference: true });
