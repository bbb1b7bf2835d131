import { useEventListener } from '@vueuse/core';

/** What takes keys itself; of a button only Space. */
const takers = 'input, select, textarea, [role="radio"], [role="dialog"]';

/**
 * Keys of the view, by their name; letters in lower case.
 * @param isOn whether they do anything now
 */
export function useLiveKeys(keys: Readonly<Record<string, () => void>>, isOn: () => boolean): void {
  useEventListener(window, 'keydown', (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const { target } = event;
    const isTaken = target instanceof Element && target.closest(key === ' ' ? `button, ${takers}` : takers);
    if (!keys[key] || isTaken || !isOn() || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[key]();
  });
}
