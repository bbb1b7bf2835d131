import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { Settings, SettingsChange } from '@shared/settings';
import { call } from '../bridge/client';

/** What is remembered between launches: the model folder, and one entry a view for its choices. */
export const useSettingsStore = defineStore('settings', () => {
  const settings = shallowRef<Settings>();

  async function load(): Promise<Settings> {
    return (settings.value ??= await call('settings.get'));
  }

  /** Saved at once; answers what undoes it. @throws what the engine throws */
  async function change(next: Omit<SettingsChange, 'view'>): Promise<SettingsChange> {
    const before = await load();
    settings.value = await call('settings.set', next);
    return Object.fromEntries(Object.keys(next).map((key) => [key, before[key as keyof Settings]]));
  }

  async function setModelFolder(modelFolder: string): Promise<void> {
    settings.value = await call('settings.set', { modelFolder });
  }

  /** What a view remembered under its key; the view checks the shape, it may come from another version. */
  async function recall(key: string): Promise<unknown> {
    return (await load()).view[key];
  }

  /** Keeps one view's choices and leaves those of the others as they are. */
  async function remember(key: string, value: unknown): Promise<void> {
    const view = { ...(await load()).view, [key]: value };
    settings.value = { ...settings.value!, view };
    await call('settings.set', { view });
  }

  return { settings, load, change, setModelFolder, recall, remember };
});
