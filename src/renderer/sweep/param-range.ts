import { isSpan } from '@shared/number-span';
import type { FormField } from './form-fields';

/** The choices of a field whose values can be ticked; undefined where they are typed. */
export function choicesOf(field: FormField): { value: string; label: string; raw: unknown }[] | undefined {
  if (field.kind === 'choice') return field.options;
  if (field.kind !== 'switch') return undefined;
  return [false, true].map((raw) => ({ value: String(raw), label: raw ? 'on' : 'off', raw }));
}

/** Whether a field may be given several values, each of which makes a recipe. */
export const mayVary = ({ kind }: FormField): boolean => ['number', 'choice', 'switch'].includes(kind);

/** Whether a value of a field is several of them. */
export function isSeveral(field: FormField, value: unknown): boolean {
  if (field.kind === 'texts') return Array.isArray(value) && value.some(Array.isArray);
  return mayVary(field) && (Array.isArray(value) || (field.kind === 'number' && isSpan(value)));
}

/** One value as a list of it, and several as the first of them. */
export function toggledSeveral(field: FormField, value: unknown): unknown {
  if (!isSeveral(field, value)) return value === undefined ? [] : [value];
  return Array.isArray(value) ? (value[0] as unknown) : (value as { from: unknown }).from;
}
