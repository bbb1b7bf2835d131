const startOfScan = Buffer.from([0xff, 0xda]);
const endOfImage = Buffer.from([0xff, 0xd9]);

/**
 * Whether an image file has its end. Decoders read no further than the last row the crop needs, so they do not notice that
 * a file is cut below it; Pillow, which published accuracies come from, rejects such a file.
 */
export function isComplete(bytes: Uint8Array, format: string): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (format) {
    case 'jpeg':
      // Neither marker occurs inside the data of a scan; a thumbnail's lie before the last scan. Anything may follow the end.
      return buffer.lastIndexOf(endOfImage) > buffer.lastIndexOf(startOfScan);
    case 'png':
      return buffer.lastIndexOf('IEND') > 0;
    case 'webp':
      return buffer.length >= 8 && buffer.readUInt32LE(4) + 8 <= buffer.length;
    default:
      return true;
  }
}
