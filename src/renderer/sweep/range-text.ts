import { isSpan, type NumberSpan } from '@shared/number-span';
import { formatValue } from '@shared/recipe-syntax';
import { numberFrom } from '../components/ui/number-range';

/** "0.9, 0.8, 0.7", or "0.3 to 0.9 step 0.1"; undefined for one value. */
export function rangeText(value: unknown): string | undefined {
  const shown = (one: unknown): string =>
    typeof one === 'number' && Number.isNaN(one) ? '?' : typeof one === 'string' ? one : formatValue(one);
  if (Array.isArray(value)) return value.map(shown).join(', ');
  if (isSpan(value)) return `${shown(value.from)} to ${shown(value.to)} step ${shown(value.step)}`;
  return undefined;
}

const spanPattern = /^(.+?)\s*(?:\bto\b|\.\.|…|–)\s*(.+?)\s*\b(?:in steps of|steps?|by)\b\s*(.+)$/i;

/** Numbers as `rangeText` writes them. What is no number becomes NaN, which nothing runs with. */
export function numbersFrom(text: string): number[] | NumberSpan {
  const numberOf = (word: string): number => numberFrom(word) ?? NaN;
  const span = spanPattern.exec(text.trim());
  if (span) return { from: numberOf(span[1]!), to: numberOf(span[2]!), step: numberOf(span[3]!) };
  // With semicolons between them, numbers may have decimal commas.
  const words = text.split(text.includes(';') ? ';' : ',').map((word) => word.trim());
  return words.filter(Boolean).map(numberOf);
}

/** The first word of a range that is no number, in a sentence. */
export function rangeProblem(value: number[] | NumberSpan): string | undefined {
  const numbers = Array.isArray(value) ? value : [value.from, value.to, value.step];
  if (numbers.length === 0) return 'Give the values: 0.9, 0.8 or 0.3 to 0.9 step 0.1.';
  return numbers.every(Number.isFinite) ? undefined : 'Numbers with commas between them, or as in 0.3 to 0.9 step 0.1.';
}
