import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runtimes } from '../../src/main/engine/runtimes/registry';

const docs = new URL('../../docs/', import.meta.url);
const page = readFileSync(new URL('targets.md', docs), 'utf8');
const rows = [...page.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \| (\w+) \|(.*)\|$/gm)].map(
  ([, id, title, format, platforms]) => ({
    id,
    title,
    format,
    platforms: platforms!.split('|').map((cell) => cell.trim()),
  }),
);

test.each(runtimes.map(({ id, title, format }) => ({ id, title, format })))('docs/targets.md has $id', (runtime) => {
  expect(rows.find(({ id }) => id === runtime.id)).toMatchObject(runtime);
});

test('docs/targets.md says of every platform what was run, and of every runtime what it takes', () => {
  for (const { id, platforms } of rows) {
    expect(platforms, id).toHaveLength(4);
    for (const cell of platforms) expect(cell, id).toMatch(/^(run|there|–)/);
    expect(page, id).toContain(`**\`${id}\`**`);
  }
  for (const [, path] of page.matchAll(/\]\((adr\/[^)]+)\)/g))
    expect(existsSync(new URL(path!, docs)), path).toBe(true);
});
