import { app, dialog } from 'electron';
import type { EngineInfo } from '@shared/contract';
import { versionsOf } from '@shared/runtime-versions';
import type { EngineAccess } from './engine-process';
import { currentWindow } from './window';

/** Versions and licence. What the engine says of itself is left out while it does not answer. */
export async function showAbout({ host, state }: EngineAccess): Promise<void> {
  const info =
    state().state === 'ready'
      ? await host.request('engine.info', undefined).then(
          (answer) => answer as EngineInfo,
          () => undefined,
        )
      : undefined;
  const options = {
    type: 'info' as const,
    title: 'About Whittle',
    message: `Whittle ${app.getVersion()}`,
    detail: [
      'Compresses image classifiers and measures what ships: size, latency, accuracy.',
      '',
      ...(info ? [[...versionsOf(info.runtimes), `Node ${info.node}`].join(', '), `Results in ${info.workspace}`] : []),
      `Electron ${process.versions.electron}, Chromium ${process.versions.chrome}`,
      'Licence: Apache-2.0',
    ].join('\n'),
    buttons: ['Close'],
  };
  const window = currentWindow();
  await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
}
