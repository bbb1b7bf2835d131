import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unzip } from '../../../scripts/electron-fallback/unzip.mjs';
import { readZip } from '../../../src/main/engine/files/read-zip';
import { storedZip, zipArchive } from '../../../src/main/engine/files/zip';

describe('zipArchive', () => {
  it('is read back by another reader, whatever the contents and names', async () => {
    const name = fc.stringMatching(/^[a-zé0-9][a-zé0-9 +-]{0,11}x$/u);
    const files = fc.uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 400 })), {
      maxLength: 6,
      selector: ([text]) => text,
    });
    await fc.assert(
      fc.asyncProperty(files, async (wanted) => {
        const folder = mkdtempSync(join(tmpdir(), 'whittle-zip-'));
        try {
          const entries = wanted.map(([text, content]) => ({ name: `inside/${text}`, content }));
          writeFileSync(join(folder, 'a.zip'), Buffer.concat(await zipArchive(entries, 'a.zip')));
          mkdirSync(join(folder, 'out'));
          await unzip(join(folder, 'a.zip'), join(folder, 'out'), (path: string) => path);
          for (const { name: path, content } of entries)
            expect([...readFileSync(join(folder, 'out', path))]).toEqual([...content]);
        } finally {
          rmSync(folder, { recursive: true });
        }
      }),
      { numRuns: 5 },
    );
  });

  it('is the same for the same contents', async () => {
    const entries = [{ name: 'a', content: Buffer.alloc(10_000, 'abc') }];
    const [first, second] = [await zipArchive(entries, 'a.zip'), await zipArchive(entries, 'a.zip')];
    expect(Buffer.concat(first).equals(Buffer.concat(second))).toBe(true);
    expect(Buffer.concat(first).byteLength).toBeLessThan(400);
  });

  it('says when an archive would be too large', async () => {
    const content = { byteLength: 2 ** 32 } as Uint8Array;
    await expect(zipArchive([{ name: 'a', content }], 'big.zip')).rejects.toThrow(/^big\.zip would take 4\.29 GB/);
  });
});

describe('an archive behind other bytes', () => {
  const before = Buffer.from('a network of 23 bytes..');
  const entries = [
    { name: 'labels.txt', content: Uint8Array.from(Buffer.from('cat\ndog\n')) },
    { name: 'é/empty', content: new Uint8Array() },
  ];
  const behind = (zip: Uint8Array): Uint8Array => Uint8Array.from(Buffer.concat([before, zip]));

  it('is found from the end, whether its offsets count from the start of the file or its own', async () => {
    for (const zip of [
      storedZip(entries, before.length),
      storedZip(entries, 0),
      Buffer.concat(await zipArchive(entries, '')),
    ])
      expect(readZip(behind(zip))).toEqual(entries);
  });

  it('is not found where there is none', () => {
    for (const bytes of [new Uint8Array(), Uint8Array.from(before), behind(new Uint8Array(70_000))])
      expect(readZip(bytes)).toBeUndefined();
  });

  it('is damaged or as it was, whichever byte is changed', () => {
    const whole = behind(storedZip(entries, before.length));
    for (let at = before.length; at < whole.length; at++) {
      const changed = Uint8Array.from(whole);
      changed[at]! ^= 0xff;
      const read = readZip(changed);
      if (Array.isArray(read))
        expect(read.map(({ content }) => content)).toEqual(entries.map(({ content }) => content));
    }
  });
});
