// What Electron's own default app does with `electron FOLDER`: become the app in that folder.
// An ES module with top-level await, because Electron waits for it before it emits `ready`.
import { app } from 'electron';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = process.argv.slice(1).find((argument) => !argument.startsWith('-'));
try {
  if (folder === undefined) throw new Error('Usage: electron FOLDER');
  await start(resolve(folder));
} catch (error) {
  process.stderr.write(`${error.stack}\n`);
  app.exit(1);
}

async function start(appPath) {
  const description = JSON.parse(readFileSync(join(appPath, 'package.json'), 'utf8'));
  app.setName(description.productName ?? description.name);
  app.setVersion(description.version);
  app.setAppPath(appPath);
  Object.defineProperty(process, 'defaultApp', { value: true, enumerable: true });
  await import(pathToFileURL(join(appPath, description.main ?? 'index.js')).href);
}
