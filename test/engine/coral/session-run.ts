import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { toAppError } from '@shared/errors';
import { edgetpu } from '../../../src/main/engine/runtimes/edgetpu';

/** Opens a file on the Edge TPU, runs it on an image, and prints what came of it: a process of its own, since the library may end it. */
const [model, image, runs = '1', device] = process.argv.slice(2);
const answer = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
try {
  const version = edgetpu.version();
  const session = await edgetpu.open(model!, { threads: 1, device, options: { performance: 'high' } });
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  const [, height, width] = session.inputs[input!]!.shape as number[];
  const data = Uint8Array.from(await pixels(image!, height!, width!));
  const times: number[] = [];
  const bests: [number, number][] = [];
  for (let run = 0; run < Number(runs); run++) {
    const start = performance.now();
    const results = await session.run({ [input!]: { type: 'uint8', shape: [1, height!, width!, 3], data } });
    times.push(performance.now() - start);
    const codes = results[output!]!.data as Uint8Array;
    const best = codes.reduce((most, code, at) => (code > codes[most]! ? at : most), 0);
    bests.push([best, codes[best]! / 256]);
  }
  answer({ version, notes: session.notes, times, bests });
  await session.close();
} catch (thrown) {
  const { code, message } = toAppError(thrown);
  answer({ code, message });
}

/** A 24-bit BMP, bottom row first; sharp reads none. */
async function pixels(path: string, height: number, width: number): Promise<Buffer> {
  const bytes = readFileSync(path);
  const start = bytes.readUInt32LE(10);
  const [columns, rows] = [bytes.readInt32LE(18), bytes.readInt32LE(22)];
  const stride = (columns * 3 + 3) & ~3;
  const raw = Buffer.alloc(columns * rows * 3);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      for (let c = 0; c < 3; c++)
        raw[(y * columns + x) * 3 + c] = bytes[start + (rows - 1 - y) * stride + x * 3 + (2 - c)]!;
  const options = { fit: 'fill', kernel: 'linear' } as const;
  return sharp(raw, { raw: { width: columns, height: rows, channels: 3 } })
    .resize(width, height, options)
    .raw()
    .toBuffer();
}
