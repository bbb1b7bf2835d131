import { expect, test } from '@playwright/test';
import { join } from 'node:path';
import { ask } from './actions/bridge';
import { launchApp, projectFolder } from './actions/launch';

test('the window is confined: no Node, no foreign page, no unchecked message', async () => {
  const launched = await launchApp();
  const { window, app } = launched;
  try {
    expect(
      await window.evaluate(() => [typeof globalThis.process, typeof (globalThis as { require?: unknown }).require]),
    ).toEqual(['undefined', 'undefined']);
    expect(await window.evaluate(() => globalThis.open('https://example.com'))).toBeNull();
    await window.evaluate(() => (globalThis.location.href = 'https://example.com'));
    expect(window.url()).toMatch(/^whittle:\/\/app\//);
    await expect(window.evaluate(() => fetch('https://example.com'))).rejects.toThrow();
    const ranInline = await window.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.inlineScriptRan = true';
      document.head.append(script);
      return (globalThis as { inlineScriptRan?: boolean }).inlineScriptRan === true;
    });
    expect(ranInline, 'an inline script is refused by the content security policy').toBe(false);

    await expect(ask(window, 'no.such.endpoint')).rejects.toThrow('ipc.invalid');
    await expect(ask(window, 'runs.get', { run: 7 })).rejects.toThrow('ipc.invalid');
    await expect(ask(window, 'toString')).rejects.toThrow('ipc.invalid');
    await expect(ask(window, 'runs.get', { run: 'x', extra: 1 })).rejects.toThrow('ipc.invalid');

    // A second window of the same application is not the one that may ask.
    const preload = join(projectFolder, 'out', 'preload', 'preload.cjs');
    const foreign = await app.evaluate(
      async ({ BrowserWindow }, [url, preload]) => {
        const other = new BrowserWindow({
          show: false,
          webPreferences: { preload, sandbox: true, contextIsolation: true },
        });
        await other.loadURL(url);
        const answer = (await other.webContents.executeJavaScript("window.whittle.call('engine.info')")) as {
          ok: boolean;
        };
        other.destroy();
        return answer;
      },
      [window.url(), preload] as const,
    );
    expect(foreign.ok).toBe(false);
  } finally {
    await launched.close();
  }
});
