// `npm run demo`: a small sweep over the starter pack, from a fresh checkout to a results matrix.
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, logLine, main, projectDir, runInherited } from './ensure.mjs';

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const outDir = join('results', 'demo');
  const sweep = join('resources', 'starter', 'sweep.yaml');
  const cli = join(projectDir, 'out', 'main', 'cli.js');
  const code = await runInherited(process.execPath, [cli, 'run', sweep, '--out', outDir]);
  if (code !== 0) return code;
  logLine(
    `\nThe matrix is in ${join(outDir, 'matrix.csv')}. To see it in the window: npm run -s whittle -- open ${outDir}`,
  );
  return 0;
});
