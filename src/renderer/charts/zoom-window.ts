/** The part of an axis that is shown, %. */
export interface ZoomWindow {
  start: number;
  end: number;
}

/**
 * The window `by` times as wide in which what stood at the share `from` of the old one stands at `to` (0 at its start, 1 at its end;
 * `from` may lie outside), as far as the axis reaches.
 */
export function moveWindow({ start, end }: ZoomWindow, by: number, from: number, to: number): ZoomWindow {
  const width = Math.min(100, (end - start) * by);
  const place = start + from * (end - start);
  const begin = Math.max(0, Math.min(100 - width, place - to * width));
  return { start: begin, end: begin + width };
}
