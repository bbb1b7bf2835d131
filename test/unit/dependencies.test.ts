import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const projectDir = join(import.meta.dirname, '..', '..');
const versions = z.record(z.string(), z.string());
const description = z
  .object({ dependencies: versions, devDependencies: versions })
  .parse(JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')));
const document = readFileSync(join(projectDir, 'docs', 'dependencies.md'), 'utf8');

/** Rows of one section: `| name | reason |`, in the order of the document. */
function rowsOf(section: string): { name: string; reason: string }[] {
  const body = document.split(/^## /m).find((part) => part.startsWith(section)) ?? '';
  return [...body.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name = '', reason = '']) => ({ name, reason }));
}

describe.each([
  ['In the product', description.dependencies],
  ['To build and test', description.devDependencies],
])('docs/dependencies.md: %s', (section, listed) => {
  const rows = rowsOf(section);

  it('has one line for each dependency, and none for others', () => {
    expect(rows.map((row) => row.name)).toEqual(Object.keys(listed).sort());
  });

  it('gives each a reason', () => {
    expect(rows.filter((row) => row.reason.trim().length < 20)).toEqual([]);
  });

  it('pins exact versions', () => {
    const inexact = Object.entries(listed).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
    expect(inexact).toEqual([]);
  });
});
