import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const projectDir = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(projectDir, path), 'utf8');

const platform = z.strictObject({
  category: z.string().optional(),
  maintainer: z.string().optional(),
  target: z.array(z.string()).min(1),
});
const configSchema = z.strictObject({
  appId: z.string().regex(/^[a-z]+(\.[a-z]+)+$/),
  productName: z.string(),
  copyright: z.string(),
  extraMetadata: z.strictObject({ homepage: z.url() }),
  directories: z.strictObject({ output: z.string(), buildResources: z.string() }),
  asar: z.boolean(),
  npmRebuild: z.boolean(),
  files: z.array(z.string()),
  extraResources: z.array(z.strictObject({ from: z.string(), to: z.string() })),
  linux: platform,
  mac: platform,
  win: platform,
  nsis: z.record(z.string(), z.boolean()),
});
const packageSchema = z.object({
  productName: z.string(),
  main: z.string(),
  scripts: z.record(z.string(), z.string()),
});

const config = configSchema.parse(parse(read('electron-builder.yml')));
const description = packageSchema.parse(JSON.parse(read('package.json')));

/** What `npm run package` makes before it packs; everything else the configuration names must be in the project. */
const made: Record<string, string> = { out: 'npm run build', '.runtime/node': 'node scripts/bundle-node.mjs' };

describe('electron-builder.yml', () => {
  it('calls the product what package.json calls it', () => {
    expect(config.productName).toBe(description.productName);
  });

  it('targets each desktop', () => {
    expect(config.linux.target).toEqual(['AppImage', 'deb']);
    expect(config.mac.target).toEqual(['dmg']);
    expect(config.win.target).toEqual(['nsis']);
  });

  it('ships the starter pack and a plain Node, which cannot read an asar archive', () => {
    expect(config.extraResources.map((resource) => resource.to)).toEqual(['starter', 'node']);
    expect(config.asar).toBe(false);
  });

  it('packs the file package.json starts', () => {
    expect(description.main.startsWith('out/')).toBe(true);
    expect(config.files).toContain('out/**');
  });

  const folderOf = (pattern: string): string => pattern.replace(/^!/, '').replace(/\/?[*{].*$/, '');
  const paths = [
    ...config.files.map(folderOf),
    ...config.extraResources.map((resource) => resource.from),
    config.directories.buildResources,
  ];
  it.each([...new Set(paths)])('%s exists, or is made before packing', (path) => {
    const maker = made[path];
    if (maker === undefined) expect(existsSync(join(projectDir, path))).toBe(true);
    else expect(description.scripts.package).toContain(maker);
  });
});
