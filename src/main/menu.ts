import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { StateOf, ShellContract } from '@shared/contract';
import { currentWindow } from './window';

type Command = StateOf<ShellContract['shell.command']>['command'];

/** The menu; its items ask the window, which knows what is shown. */
export function initMenu(): void {
  let count = 0;
  const item = (label: string, command: Command, accelerator: string): MenuItemConstructorOptions => ({
    label,
    accelerator,
    click: () => currentWindow()?.webContents.send('whittle:signal', 'shell.command', { command, count: ++count }),
  });
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        item('Export CSV…', 'export-csv', 'CmdOrCtrl+E'),
        item('Export PDF…', 'export-pdf', 'CmdOrCtrl+P'),
        { type: 'separator' },
        process.platform === 'darwin' ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        item('Sweep', 'show-sweep', 'CmdOrCtrl+1'),
        item('Matrix', 'show-matrix', 'CmdOrCtrl+2'),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' as const }]),
      ],
    },
    { role: 'windowMenu' },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
