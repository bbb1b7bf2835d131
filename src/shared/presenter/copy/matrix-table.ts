import { metrics, type MetricId } from '../metrics';
import type { Reading } from '../reading';

/** One cell as text; what it differs by stands apart, since formats set it differently. */
export interface CopiedCell {
  /** "3.84", or a word in its place. */
  value: string;
  /** "▼ ×0.27", "≈ no clear difference". */
  change?: string;
}

/** The matrix as it is shown, for texts that leave the window. */
export interface MatrixTable {
  /** What stands in the first column: "Recipe". */
  corner: string;
  /** Networks across, or recipes. */
  groups: string[];
  metrics: readonly MetricId[];
  rows: { name: string; steps: string; cells: CopiedCell[][] }[];
  /** What the numbers are of: run, images, machine; how to read the signs. */
  notes: string[];
}

/** A reading as a cell of text shows it: value with its spread, the change with sign and interval. */
export function copiedCell({ text, spread, change }: Pick<Reading, 'text' | 'spread' | 'change'>): CopiedCell {
  const value = [text, spread].filter(Boolean).join(' ');
  if (!change) return { value };
  const isQuiet = change.verdict === 'unclear' || change.verdict === 'same';
  const what = isQuiet ? change.words : [change.text, change.interval].filter(Boolean).join(' ');
  return { value, change: `${change.verdict === 'control' ? 'A/A' : change.sign} ${what}` };
}

/** "Size, MB" */
export const metricHead = (id: MetricId): string => `${metrics[id].title}, ${metrics[id].unit}`;
