import { join } from 'node:path';
import type { Settings, SettingsChange } from '@shared/settings';
import type { Workspace } from './store/workspace';

const kept = ['modelFolder', 'runtimesFolder', 'latency', 'cores', 'diskBudgetBytes', 'downloads'] as const;

/** Settings of a person, from their own workspace. @param modelFolder overrides the setting for this process */
export function readPreferences({ settings, folder }: Workspace, modelFolder?: string): Settings {
  return {
    modelFolder: modelFolder ?? settings.get('modelFolder') ?? join(folder, 'models'),
    runtimesFolder: settings.get('runtimesFolder') ?? '',
    latency: settings.get('latency') ?? 'quick',
    cores: settings.get('cores') ?? null,
    diskBudgetBytes: settings.get('diskBudgetBytes') ?? null,
    downloads: !process.env.WHITTLE_OFFLINE && (settings.get<boolean>('downloads') ?? true),
    view: settings.get('view') ?? {},
  };
}

/** Keeps what is given; entries of `view` one by one. */
export function writePreferences(home: Workspace, change: SettingsChange): void {
  const { settings } = home;
  for (const key of kept) if (change[key] !== undefined) settings.set(key, change[key]);
  if (change.view !== undefined) settings.set('view', { ...readPreferences(home).view, ...change.view });
}
