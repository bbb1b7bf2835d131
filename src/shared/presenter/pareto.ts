export interface ParetoPoint {
  /** Cost: lower is better. */
  x: number;
  /** Merit: higher is better. */
  y: number;
}

/**
 * The points no other point beats: none is at least as good in both and better in one. Equal points stay together.
 * In order of rising cost, so they can be joined by a line. Points that are not finite are never on the front.
 */
export function paretoFront<P extends ParetoPoint>(points: readonly P[]): P[] {
  const sorted = points
    .filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y))
    .sort((a, b) => a.x - b.x || b.y - a.y);
  const front: P[] = [];
  for (const point of sorted) {
    const last = front.at(-1);
    const equal = last !== undefined && last.x === point.x && last.y === point.y;
    if (!last || equal || point.y > last.y) front.push(point);
  }
  return front;
}
