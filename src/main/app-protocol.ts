import { net, protocol } from 'electron';
import { join, normalize, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The window's own origin, so that it needs neither file: access nor a server. */
export const appOrigin = 'whittle://app';
export const appUrl = process.env.ELECTRON_RENDERER_URL ?? `${appOrigin}/index.html`;

const rendererFolder = fileURLToPath(new URL('../renderer', import.meta.url));

/** Must run before the application is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'whittle', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

export function serveRenderer(): void {
  protocol.handle('whittle', (request) => {
    const { host, pathname } = new URL(request.url);
    const path = normalize(join(rendererFolder, decodeURIComponent(pathname)));
    if (host !== 'app' || !path.startsWith(rendererFolder + sep)) return new Response('Not found', { status: 404 });
    return net.fetch(pathToFileURL(path).toString()).catch(() => new Response('Not found', { status: 404 }));
  });
}
