import { net, protocol } from 'electron';
import { join, normalize, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The window's own origin, so that it needs neither file: access nor a server. */
const appOrigin = 'whittle://app';
/** The development server, while developing. A build that ships does not even ask the environment. */
const developmentUrl = import.meta.env.DEV ? process.env.ELECTRON_RENDERER_URL : undefined;
export const appUrl = developmentUrl ?? `${appOrigin}/index.html`;
/** Only pages of this origin are ours. */
export const windowOrigin = developmentUrl ? new URL(developmentUrl).origin : appOrigin;

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
