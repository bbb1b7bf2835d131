import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { WindowCommand } from '@shared/shell-contract';
import { exportFormats, exportShortcuts } from '@shared/export-formats';
import { views } from '@shared/views';
import { showAbout } from './about';
import type { EngineAccess } from './engine-process';
import { chooseResults, chooseRunFile } from './shell-handlers';
import { showProblem } from './problem';
import { commandWindow } from './window-commands';

/** The menu. What concerns the contents of the window is asked of it: it knows what is shown. */
export function initMenu(engine: EngineAccess): void {
  const isMac = process.platform === 'darwin';
  const item = (label: string, command: WindowCommand, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    accelerator,
    click: () => commandWindow(command),
  });
  const about: MenuItemConstructorOptions = { label: 'About Whittle', click: () => void showAbout(engine) };
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        item('Open Sweep File…', { kind: 'open-sweep' }, 'CmdOrCtrl+O'),
        item('Save Sweep File…', { kind: 'save-sweep' }, 'CmdOrCtrl+S'),
        {
          label: 'Open Results…',
          accelerator: 'CmdOrCtrl+Shift+O',
          click: () => void chooseResults(engine).catch(showProblem),
        },
        { label: 'Open JSON Report…', click: () => void chooseRunFile(engine).catch(showProblem) },
        {
          id: 'own-results',
          label: 'Back to My Results',
          enabled: false,
          click: () => void engine.openResults(null).catch(showProblem),
        },
        { type: 'separator' },
        ...exportFormats.map(({ id, title }) =>
          item(`Export ${title}…`, { kind: 'export', format: id }, exportShortcuts[id]),
        ),
        { type: 'separator' },
        isMac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        item('Command Palette…', { kind: 'palette' }, 'CmdOrCtrl+K'),
        { type: 'separator' },
        ...views.map(({ name, title, shortcut }) => item(title, { kind: 'show', view: name }, shortcut)),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' as const }]),
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [item('Tour of a Minute', { kind: 'tour' }), item('Keyboard Shortcuts', { kind: 'shortcuts' }), about],
    },
  ];
  const menu = Menu.buildFromTemplate(template);
  Menu.setApplicationMenu(menu);
  engine.onResults((folder) => {
    menu.getMenuItemById('own-results')!.enabled = folder !== null;
  });
}
