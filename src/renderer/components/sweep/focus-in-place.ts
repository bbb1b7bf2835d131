import { nextTick } from 'vue';

/**
 * The keyboard goes on in a list that changed: at what stands in a place by now, at the last where the list ends before it, or elsewhere
 * where nothing is left.
 */
export async function focusInPlace(
  elements: () => ArrayLike<HTMLElement | null> | undefined,
  position: number,
  otherwise: () => { $el: HTMLElement } | null,
): Promise<void> {
  await nextTick();
  const left = elements() ?? [];
  (left[Math.min(position, left.length - 1)] ?? otherwise()?.$el)?.focus();
}
