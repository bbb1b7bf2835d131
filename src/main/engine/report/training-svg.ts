import type { TrainingCurve } from '@shared/presenter/training-curve';
import { escapeHtml } from './escape-html';

const width = 300;
const height = 130;
const margin = { left: 38, right: 8, top: 8, bottom: 28 };

/** The loss while a network was trained, as static SVG. @param label what it shows, for readers */
export function trainingSvg({ trained, heldOut, kept, stepTicks, lossTicks }: TrainingCurve, label: string): string {
  const [bottom, right] = [height - margin.bottom, width - margin.right];
  const x = (share: number): string => (margin.left + share * (right - margin.left)).toFixed(1);
  const y = (share: number): string => (margin.top + share * (bottom - margin.top)).toFixed(1);
  const line = (name: string, places: TrainingCurve['trained']): string =>
    `<polyline class="${name}" points="${places.map((place) => `${x(place.x)},${y(place.y)}`).join(' ')}"/>`;
  const losses = lossTicks.map(
    ({ at, text }) =>
      `<line class="grid" x1="${margin.left}" x2="${right}" y1="${y(at)}" y2="${y(at)}"/>` +
      `<text class="tick" x="${margin.left - 5}" y="${y(at)}" dy="3" text-anchor="end">${escapeHtml(text)}</text>`,
  );
  const steps = stepTicks.map(
    ({ at, text }) =>
      `<text class="tick" x="${x(at)}" y="${bottom + 12}" text-anchor="middle">${escapeHtml(text)}</text>`,
  );
  const ring = kept ? `<circle class="kept" cx="${x(kept.x)}" cy="${y(kept.y)}" r="3"/>` : '';
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}">${losses.join('')}${steps.join('')}
<text class="axis" x="${(margin.left + right) / 2}" y="${height - 3}" text-anchor="middle">step</text>
${line('trained', trained)}${line('held-out', heldOut)}${ring}</svg>`;
}
