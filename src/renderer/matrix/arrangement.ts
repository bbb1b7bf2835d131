import { arrangementSchema } from '@shared/presenter/row-arrangement';

/** Which recipes show beside the filter by words, and what stands across. */
export interface Arrangement {
  pinned: string[];
  onlyClear: boolean;
  across: 'models' | 'recipes';
}

/** Reads what an earlier session stored; what cannot be read falls back alone. */
export function parseArrangement(value: unknown): Arrangement {
  const stored = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { pinned, onlyClear } = arrangementSchema.shape;
  return {
    pinned: pinned.safeParse(stored.pinned).data ?? [],
    onlyClear: onlyClear.safeParse(stored.onlyClear).data ?? false,
    across: stored.across === 'recipes' ? 'recipes' : 'models',
  };
}
