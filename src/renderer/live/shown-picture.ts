export interface Size {
  width: number;
  height: number;
}

/** A frame as it shows: what a snapshot holds. */
export interface ShownPicture {
  /** Of the frame, by which answers belong to it. */
  number: number;
  /** PNG. */
  dataUrl: string;
  pixels: [width: number, height: number];
  /** Of the frame that the networks got; absent where they got a file, of which this is but a copy to look at. */
  framePixels?: [width: number, height: number];
}

/** Long side of a snapshot's picture, pixels: some 20 MB at worst, for which pages and messages have room. */
const longestSide = 2560;

/**
 * How large a picture shows that is fitted into a room: never enlarged, never larger than a page can hold.
 * @param room pixels of the screen
 */
export function shownSize({ width, height }: Size, room: Size): Size {
  const scale = Math.min(1, room.width / width, room.height / height, longestSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(scale * width)), height: Math.max(1, Math.round(scale * height)) };
}

/**
 * What shows in an element, as large as it shows; undefined where there is nothing.
 * @param isFrame whether the networks got this very picture
 */
export function shownPicture(
  picture: CanvasImageSource,
  size: Size,
  { element, number, isFrame }: { element: HTMLElement; number: number; isFrame: boolean },
): ShownPicture | undefined {
  if (size.width === 0 || size.height === 0) return undefined;
  const { clientWidth, clientHeight } = element;
  const room = { width: clientWidth * devicePixelRatio, height: clientHeight * devicePixelRatio };
  const { width, height } = shownSize(size, room);
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
  const dataUrl = canvas.toDataURL('image/png');
  return { number, dataUrl, pixels: [width, height], ...(isFrame && { framePixels: [size.width, size.height] }) };
}
