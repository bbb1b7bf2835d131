import type { Page } from '@playwright/test';

/** Drops a file or folder of the disk in the middle of the window, as the system does: the page gets it with its path. */
export async function dropPath(window: Page, path: string): Promise<void> {
  const session = await window.context().newCDPSession(window);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data });
  await session.detach();
}
