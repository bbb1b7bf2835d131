import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';

/** A folder that is gone when the test is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-dataset-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** RGB pixels of a smooth picture that differs with `content`. */
export function picturePixels(content: number, width: number, height: number): Buffer {
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      pixels[at++] = 128 + 100 * Math.sin((x * (3 + (content % 7))) / width + content);
      pixels[at++] = 128 + 100 * Math.cos((y * (2 + (content % 5))) / height + content);
      pixels[at++] = (content * 31 + ((x + y) * 200) / (width + height)) % 256;
    }
  }
  return pixels;
}

export async function jpeg(content: number, width = 40, height = 32): Promise<Buffer> {
  return sharp(picturePixels(content, width, height), { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** Writes files below `root`; a number stands for the JPEG of that content. */
export async function writeTree(root: string, files: Record<string, number | string | Uint8Array>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'number' ? await jpeg(content) : content);
  }
  return root;
}
