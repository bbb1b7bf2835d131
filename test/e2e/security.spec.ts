import { expect, test } from '@playwright/test';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { WindowBridge } from '@shared/shell-contract';
import { ask } from './actions/bridge';
import { launchApp, projectFolder } from './actions/launch';

test('the window is confined: no Node, no foreign page, no unchecked message', async () => {
  const launched = await launchApp();
  const { window, app, home } = launched;
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

    // Nothing that writes to a path is for the window, whatever the path.
    const target = join(home, 'written-by-the-window');
    const trial = { run: 'r', trial: 't', path: target };
    await expect(ask(window, 'runs.export', { run: 'r', format: 'csv', path: target })).rejects.toThrow(
      'not for the window',
    );
    await expect(ask(window, 'runs.saveArtifact', trial)).rejects.toThrow('not for the window');
    await expect(ask(window, 'runs.html', { run: 'r' })).rejects.toThrow('not for the window');
    for (const endpoint of [
      'live.saveSnapshot',
      'live.saveRecord',
      'sweeps.save',
      'trials.handOver',
      'results.runs',
      'results.compare',
    ])
      await expect(ask(window, endpoint, {})).rejects.toThrow('not for the window');
    await expect(ask(window, 'shell.saveArtifact', { ...trial, suggestedName: 'x' })).rejects.toThrow(
      'Unrecognized key',
    );
    const job = await window.evaluate(
      (path) =>
        (globalThis as unknown as { whittle: WindowBridge }).whittle.startJob(
          'runs.export',
          { run: 'r', format: 'csv', path },
          'job-1',
        ),
      target,
    );
    expect(job).toMatchObject({ ok: false, error: { code: 'ipc.invalid' } });
    expect(existsSync(target)).toBe(false);

    // A folder is opened, and so written to, only where a person dropped or chose it: no page makes a file that has a path.
    await expect(ask(window, 'shell.openResults', { path: target })).rejects.toThrow(
      'nothing of that name was dropped',
    );
    const made = await window.evaluate(
      (path) => (globalThis as unknown as { whittle: WindowBridge }).whittle.pathOf(new File([''], path)),
      target,
    );
    expect(made).toBe('');
    await expect(ask(window, 'shell.openResults', { path: target })).rejects.toThrow(
      'nothing of that name was dropped',
    );

    // Native code is loaded from the folder of runtimes: only a dialog names one.
    await expect(ask(window, 'settings.set', { runtimesFolder: '/tmp' })).rejects.toThrow('no such folder of runtimes');
    await ask(window, 'settings.set', { runtimesFolder: '' });

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

test('a built application ignores the address of a development server', async () => {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked++;
    response.end('<title>foreign</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const launched = await launchApp({ environment: { ELECTRON_RENDERER_URL: `http://127.0.0.1:${port}` } });
  try {
    await expect(launched.window.getByTestId('sweep-view')).toBeVisible();
    expect(launched.window.url()).toMatch(/^whittle:\/\/app\//);
    expect(asked).toBe(0);
  } finally {
    await launched.close();
    server.close();
  }
});
