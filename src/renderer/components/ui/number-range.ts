/** Which numbers a field takes. `above` and `below` are bounds that are not taken themselves. */
export interface NumberRange {
  minimum?: number;
  maximum?: number;
  above?: number;
  below?: number;
  whole?: boolean;
  /** The field may stay empty. */
  optional?: boolean;
}

/** "0.1 to 1", "more than 0, up to 1", "1 or more", "whole, 1 to 256"; empty where every number will do. */
export function rangeText({ minimum, maximum, above, below, whole }: NumberRange): string {
  const bounds =
    minimum !== undefined && maximum !== undefined
      ? `${minimum} to ${maximum}`
      : [
          minimum !== undefined && `${minimum} or more`,
          above !== undefined && `more than ${above}`,
          maximum !== undefined &&
            (minimum === undefined && above === undefined ? `${maximum} or less` : `up to ${maximum}`),
          below !== undefined && `less than ${below}`,
        ]
          .filter(Boolean)
          .join(', ');
  return [whole && 'whole', bounds].filter(Boolean).join(', ');
}

/** A number as people type it, with a decimal comma or point; NaN where it is none, undefined where nothing is there. */
export function numberFrom(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  return /^[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?$/i.test(trimmed) ? Number(trimmed.replace(',', '.')) : NaN;
}

/** What is wrong with what was typed, undefined where nothing is. */
export function numberProblem(text: string, range: NumberRange): string | undefined {
  const value = numberFrom(text);
  if (value === undefined) return range.optional ? undefined : `Give a number${after(range)}.`;
  if (!Number.isFinite(value)) return `"${text.trim()}" is not a number${after(range)}.`;
  if (range.whole && !Number.isInteger(value)) return `${text.trim()} is not a whole number${after(range)}.`;
  return isInside(value, range) ? undefined : `${text.trim()} is outside the range${after(range)}.`;
}

/** The same of a number that was typed elsewhere: NaN stands for what was none. */
export function valueProblem(value: number | undefined, range: NumberRange): string | undefined {
  return numberProblem(value === undefined || Number.isNaN(value) ? '' : String(value), range);
}

export function isInside(value: number, { minimum, maximum, above, below }: NumberRange): boolean {
  return (
    Number.isFinite(value) &&
    (minimum === undefined || value >= minimum) &&
    (maximum === undefined || value <= maximum) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below)
  );
}

/** The number some steps further, never out of the range by stepping and without the tail of binary fractions. */
export function stepped(value: number | undefined, by: number, range: NumberRange): number {
  const { minimum = -Infinity, maximum = Infinity, above = -Infinity, below = Infinity } = range;
  const from = value !== undefined && Number.isFinite(value) ? value : (range.minimum ?? 0);
  const next = Number((from + by).toPrecision(12));
  if (next > above && next < below) return Math.min(maximum, Math.max(minimum, next));
  return isInside(from, range) ? from : Math.min(maximum, Math.max(minimum, from));
}

function after(range: NumberRange): string {
  const text = rangeText(range);
  return text === '' ? '' : `: ${text}`;
}
