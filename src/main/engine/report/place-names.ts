/** Width of a letter of the names, in units of the drawing: wide enough for most, so that names seldom touch. */
const letterWidth = 4.3;
const lineHeight = 9;
const gap = 6;

interface Place {
  x: number;
  y: number;
}
interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}
interface PlacedName extends Place {
  text: string;
  anchor: 'start' | 'end' | 'middle';
}

const overlaps = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/**
 * Names beside their points where there is room: above, to the right, to the left, below. A name that would cover another one or a point
 * is left out; the table under the chart has it.
 * @param points all that is drawn
 */
export function placeNames(
  wanted: readonly (Place & { text: string })[],
  points: readonly Place[],
  within: Box,
): PlacedName[] {
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 }));
  const placed: PlacedName[] = [];
  for (const { text, x, y } of wanted) {
    const width = text.length * letterWidth;
    const choices = [
      { anchor: 'middle' as const, x, y: y - gap, left: x - width / 2 },
      { anchor: 'start' as const, x: x + gap, y: y + 3, left: x + gap },
      { anchor: 'end' as const, x: x - gap, y: y + 3, left: x - gap - width },
      { anchor: 'middle' as const, x, y: y + gap + lineHeight, left: x - width / 2 },
    ];
    for (const { anchor, left, ...at } of choices) {
      const box = { left, right: left + width, top: at.y - lineHeight + 2, bottom: at.y + 2 };
      const isInside =
        box.left >= within.left && box.right <= within.right && box.top >= within.top && box.bottom <= within.bottom;
      if (!isInside || taken.some((other) => overlaps(box, other))) continue;
      taken.push(box);
      placed.push({ text, anchor, ...at });
      break;
    }
  }
  return placed;
}
