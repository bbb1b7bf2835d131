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
  executableName: z.string().optional(),
  target: z.array(z.string()).min(1),
});
const configSchema = z.strictObject({
  appId: z.string().regex(/^[a-z]+(\.[a-z]+)+$/),
  productName: z.string(),
  copyright: z.string(),
  extraMetadata: z.strictObject({ homepage: z.url() }),
  directories: z.strictObject({ output: z.string(), buildResources: z.string() }),
  asar: z.boolean(),
  asarUnpack: z.array(z.string()),
  electronFuses: z.record(z.string(), z.boolean()),
  npmRebuild: z.boolean(),
  files: z.array(z.string()),
  electronLanguages: z.array(z.string()),
  extraResources: z.array(z.strictObject({ from: z.string(), to: z.string() })),
  linux: platform,
  mac: platform.extend({ extendInfo: z.strictObject({ NSCameraUsageDescription: z.string().min(20) }) }),
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

  it('ships the starter pack, a plain Node and the command line beside the archive', () => {
    expect(config.extraResources.map((resource) => resource.to)).toEqual(['starter', 'node', 'bin']);
  });

  it('keeps the window and the main process in the archive and nothing else', () => {
    expect(config.asar).toBe(true);
    const entries = [...read('electron.vite.config.ts').matchAll(/at\('src\/(?:main|cli)\/[^']*'\)/g)].map(([text]) =>
      text.replace(/^.*\/|\.ts'\)$/g, ''),
    );
    const outside = entries.filter((name) => name !== 'main').map((name) => `out/main/${name}.js`);
    expect(outside).toContain('out/main/engine.js');
    // Modules that plain Node loads: its entries, what they share, their packages, and what says that they are ES modules.
    expect([...config.asarUnpack].sort()).toEqual(
      [...outside, 'out/main/chunks/**', 'node_modules/**', 'package.json'].sort(),
    );
  });

  it('turns every start-up switch to the safe side', () => {
    expect(config.electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
      resetAdHocDarwinSignature: true,
    });
  });

  it('installs the program under the names by which the command line looks for it', () => {
    const code = read('src/cli/locate-electron.ts');
    expect(code).toContain(`'${config.linux.executableName}'`);
    expect(code).toContain(`'${config.productName}.exe'`);
    expect(code).toContain(`'MacOS', '${config.productName}'`);
  });

  it.each(['whittle', 'whittle.cmd'])('%s starts the command line with the Node beside it', (name) => {
    const script = read(`resources/command/${name}`).replaceAll('\\', '/');
    const folders = Object.fromEntries(config.extraResources.map(({ from, to }) => [from, to]));
    expect(folders['resources/command']).toBe('bin');
    expect(script).toContain(`../${folders['.runtime/node']}/node`);
    expect(script).toContain('../app.asar.unpacked/out/main/cli.js');
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
