import { useLocalStorage } from '@vueuse/core';
import { defineStore } from 'pinia';
import { ref, watchEffect } from 'vue';
import type { Theme } from '@shared/settings';
import { call } from '../bridge/client';

export type Density = 'comfortable' | 'compact';

/** How the window looks. Density is kept in the window, so that the first thing painted has it. */
export const useAppearanceStore = defineStore('appearance', () => {
  const theme = ref<Theme>('system');
  const density = useLocalStorage<Density>('whittle.density', 'comfortable');

  watchEffect(() => (document.documentElement.dataset.density = density.value));

  async function load(): Promise<void> {
    theme.value = (await call('shell.theme')) ?? 'system';
  }
  /** The system's colours change at once, and everything follows them. */
  async function setTheme(next: Theme): Promise<void> {
    await call('shell.setTheme', { theme: next });
    theme.value = next;
  }
  return { theme, density, load, setTheme };
});
