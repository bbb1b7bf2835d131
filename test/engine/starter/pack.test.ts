import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { modelCardSchema } from '@shared/model-card';
import { countMacs, countParams } from '../../../src/main/engine/onnx/count';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { networks, type NetworkName } from '../../../scripts/starter/networks';
import { jpegOf, labelNames, renderPicture } from '../../../scripts/starter/picture';

const pack = resolve('resources', 'starter');

test.each(['eval', 'calibration'] as const)('the %s pictures are what the renderer makes', async (split) => {
  for (const index of [0, 7, 19]) {
    const stored = await readFile(join(pack, 'dataset', split, `${split}-${String(index).padStart(3, '0')}.jpg`));
    const picture = renderPicture(split, index);
    const [before, now] = await Promise.all(
      [stored, await jpegOf(picture)].map((bytes) => sharp(bytes).raw().toBuffer({ resolveWithObject: true })),
    );
    expect([now!.info.width, now!.info.height]).toEqual([before!.info.width, before!.info.height]);
    const difference = now!.data.reduce((sum, value, at) => sum + Math.abs(value - before!.data[at]!), 0);
    // Encoders of other platforms may round otherwise.
    expect(difference / now!.data.length).toBeLessThan(1);
    const lines = (await readFile(join(pack, 'dataset', `${split}.txt`), 'utf8')).split('\n');
    expect(lines[index]).toBe(`${split}-${String(index).padStart(3, '0')}.jpg ${picture.label}`);
  }
});

test('pictures of two splits share nothing, plain ones have no clutter', () => {
  const [first, again, other] = (['eval', 'eval', 'calibration'] as const).map((split) => renderPicture(split, 3));
  expect(Buffer.compare(again!.pixels, first!.pixels)).toBe(0);
  expect(Buffer.compare(other!.pixels, first!.pixels)).not.toBe(0);
  expect(labelNames[renderPicture('plain', 13).label]).toBe('square');
});

test.each(Object.keys(networks) as NetworkName[])(
  '%s is the network that is trained, and its card is of it',
  async (name) => {
    const path = join(pack, 'models', `${name}.onnx`);
    const bytes = await readFile(path);
    const card = modelCardSchema.parse(JSON.parse(await readFile(join(pack, 'models', `${name}.card.json`), 'utf8')));
    expect(card).toMatchObject({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    expect(card.labelNames).toEqual(labelNames);
    const [stored, written] = [simplify(await loadModel(path)), simplify(networks[name](name))];
    expect(stored.nodes.map(({ op }) => op)).toEqual(written.nodes.map(({ op }) => op));
    expect([countParams(stored).params, countMacs(stored)]).toEqual([countParams(written).params, countMacs(written)]);
  },
);
