// `npm run docs`: writes the pages and passages that are made from the code. Unit tests compare them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, main, projectDir, run } from './ensure.mjs';
import { roomsMarkdown } from './rooms.mjs';

const page = (name) => join(projectDir, 'docs', name);

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const { code, output } = await run(process.execPath, [join('out', 'main', 'cli.js'), 'techniques', '--markdown']);
  if (code !== 0) throw new Error(output);
  writeFileSync(page('techniques.md'), `${output}\n`);
  const architecture = readFileSync(page('architecture.md'), 'utf8');
  const passage = /(<!-- rooms: npm run docs -->\n)[\s\S]*?(<!-- \/rooms -->)/;
  writeFileSync(page('architecture.md'), architecture.replace(passage, `$1${roomsMarkdown()}\n$2`));
});
