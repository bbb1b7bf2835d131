import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { WindowBridge } from '@shared/shell-contract';

/** The bridge: messages and the path of a dropped file, which the main process hears too. No logic; the main process checks everything. */
const bridge: WindowBridge = {
  call: (name, input) => ipcRenderer.invoke('whittle:call', name, input),
  startJob: (name, input, id) => ipcRenderer.invoke('whittle:job', name, input, id),
  cancelJob: (id) => ipcRenderer.send('whittle:cancel', id),
  onProgress: (listener) => subscribe('whittle:progress', (id, progress) => listener(String(id), progress)),
  onSignal: (listener) => {
    const stop = subscribe('whittle:signal', (name, state) => listener(String(name), state));
    ipcRenderer.send('whittle:hello');
    return stop;
  },
  pathOf: (file) => {
    const path = webUtils.getPathForFile(file);
    if (path) ipcRenderer.send('whittle:dropped', path);
    return path;
  },
  openLive: () => {
    const { port1, port2 } = new MessageChannel();
    ipcRenderer.postMessage('whittle:live', null, [port1]);
    window.postMessage('whittle:live', window.location.origin, [port2]);
  },
  platform: process.platform,
};

function subscribe(channel: string, listener: (...args: unknown[]) => void): () => void {
  const handler = (_event: unknown, ...args: unknown[]): void => listener(...args);
  ipcRenderer.on(channel, handler);
  return () => ipcRenderer.off(channel, handler);
}

contextBridge.exposeInMainWorld('whittle', bridge);
