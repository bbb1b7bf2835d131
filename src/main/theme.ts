import { app, nativeTheme } from 'electron';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { themeSchema, type Theme } from '@shared/settings';

/** Beside the window's own data: it is needed before the engine answers, for the first thing that is painted. */
const path = (): string => join(app.getPath('userData'), 'theme.json');

/** Light, dark, or what the system says, as it was chosen last. */
export function applyTheme(): void {
  try {
    nativeTheme.themeSource = themeSchema.parse(JSON.parse(readFileSync(path(), 'utf8')));
  } catch {
    nativeTheme.themeSource = 'system';
  }
}

/** At once, and remembered. */
export function chooseTheme(theme: Theme): void {
  nativeTheme.themeSource = theme;
  writeFileSync(path(), JSON.stringify(theme));
}
