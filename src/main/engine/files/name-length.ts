/** Bytes of the name of a file that is made of names of people; file systems take 255, and a number and endings follow. */
export const longestName = 200;

/** The beginning of a name that takes no more bytes of UTF-8, which is what file systems count; no character is cut. */
export function withinBytes(name: string, most: number): string {
  let bytes = 0;
  let length = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > most) break;
    length += character.length;
  }
  return name.slice(0, length);
}
