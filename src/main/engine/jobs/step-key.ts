import { createHash } from 'node:crypto';
import type { ModelCard } from '@shared/model-card';
import type { ImageSet } from '../dataset/dataset';

/** Text that is equal for equal values, whatever the order of object keys. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** The address of a step's result: equal inputs, equal key. */
export function stepKey(...parts: unknown[]): string {
  return createHash('sha256').update(canonicalJson(parts)).digest('hex').slice(0, 40);
}

/** The uncompressed model: its bytes, and how images are fed to it. */
export function modelKey(sha256: string, card: ModelCard): string {
  return stepKey('model', sha256, card.input, card.output, card.preprocess);
}

/** Identity of the images of one split: what they are and how they are labelled, not where they lie. */
export function imagesKey(set: ImageSet): string {
  const lines = set.entries.map((entry) => `${entry.hash}:${entry.label}`);
  return stepKey(set.split, set.alreadyResized, createHash('sha256').update(lines.join('\n')).digest('hex'));
}
