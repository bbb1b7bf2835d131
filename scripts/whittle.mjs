// `whittle ...` from a checkout: builds when needed, then runs the command line in this process, so that exit codes,
// signals and standard streams are its own.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, logLine, projectDir } from './ensure.mjs';

const cli = join(projectDir, 'out', 'main', 'cli.js');
try {
  await ensureInstalled();
  await ensureBuilt();
} catch (error) {
  logLine(error.message);
  process.exit(1);
}
process.argv[1] = cli;
await import(pathToFileURL(cli).href);
