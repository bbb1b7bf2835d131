import { BrowserWindow, nativeTheme, session, systemPreferences } from 'electron';
import { fileURLToPath } from 'node:url';
import { appUrl, windowOrigin } from './app-protocol';
import { mayUseCamera } from './camera-permission';

let mainWindow: BrowserWindow | undefined;

export function currentWindow(): BrowserWindow | undefined {
  return mainWindow;
}

/** Nothing in the window needs a download or a second window, nor a permission but Live the camera. */
export function hardenSession(): void {
  session.defaultSession.setPermissionRequestHandler((contents, permission, answer, details) => {
    const { mediaTypes = [] } = 'mediaTypes' in details ? details : {};
    const asked = { permission, mediaTypes, isMainFrame: details.isMainFrame, address: contents.getURL() };
    const isAllowed = contents === mainWindow?.webContents && mayUseCamera(asked, windowOrigin);
    if (!isAllowed || process.platform !== 'darwin') return answer(isAllowed);
    // There the system asks the person too.
    void systemPreferences.askForMediaAccess('camera').then(answer, () => answer(false));
  });
  session.defaultSession.setPermissionCheckHandler((contents, permission, _origin, details) => {
    if (!contents || contents !== mainWindow?.webContents) return false;
    const mediaTypes = details.mediaType === undefined ? [] : [details.mediaType];
    const asked = { permission, mediaTypes, isMainFrame: details.isMainFrame, address: contents.getURL() };
    return mayUseCamera(asked, windowOrigin);
  });
  session.defaultSession.on('will-download', (event) => event.preventDefault());
}

export function openMainWindow(): BrowserWindow {
  const window = new BrowserWindow({
    width: 1360,
    height: 880,
    minWidth: 760,
    minHeight: 520,
    show: false,
    title: 'Whittle',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#15191a' : '#f4f5f5',
    webPreferences: {
      preload: fileURLToPath(new URL('../preload/preload.cjs', import.meta.url)),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  window.once('ready-to-show', () => window.show());
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  window.webContents.on('will-navigate', (event) => event.preventDefault());
  window.webContents.on('will-attach-webview', (event) => event.preventDefault());
  window.on('closed', () => {
    if (mainWindow === window) mainWindow = undefined;
  });
  void window.loadURL(appUrl);
  mainWindow = window;
  return window;
}

export function showMainWindow(): void {
  if (!mainWindow) {
    openMainWindow();
    return;
  }
  if (mainWindow.isMinimized()) mainWindow.restore();
  mainWindow.show();
  mainWindow.focus();
}
