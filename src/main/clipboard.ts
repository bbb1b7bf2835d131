import * as electron from 'electron';

/** Electron up to 44 takes an image by itself; later ones take items as the web does. */
type EarlierClipboard = { writeImage?: (image: electron.NativeImage) => void };

/** Puts a picture on the clipboard. @param dataUrl of a PNG */
export async function copyImage(dataUrl: string): Promise<void> {
  const { clipboard, nativeImage } = electron;
  const png = Buffer.from(dataUrl.slice(dataUrl.indexOf(',') + 1), 'base64');
  const earlier = clipboard as object as EarlierClipboard;
  if (earlier.writeImage) earlier.writeImage(nativeImage.createFromBuffer(png));
  else await clipboard.write([new electron.ClipboardItem({ 'image/png': new Blob([png], { type: 'image/png' }) })]);
}
