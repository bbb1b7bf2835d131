import type { ElectronApplication } from '@playwright/test';

/** Labels of the menu, one list a submenu. */
export function menuLabels(app: ElectronApplication): Promise<Record<string, string[]>> {
  return app.evaluate(({ Menu }) =>
    Object.fromEntries(
      Menu.getApplicationMenu()!.items.map(({ label, submenu }) => [
        label.replace('&', ''),
        submenu!.items.map((item) => item.label).filter(Boolean),
      ]),
    ),
  );
}

/** Presses one item. */
export function pressMenu(app: ElectronApplication, menu: string, item: string): Promise<void> {
  return app.evaluate(
    ({ Menu }, [wantedMenu, wantedItem]) => {
      const found = Menu.getApplicationMenu()!
        .items.find(({ label }) => label.replace('&', '') === wantedMenu)
        ?.submenu?.items.find(({ label }) => label === wantedItem);
      if (!found) throw new Error(`no ${wantedItem} in ${wantedMenu}`);
      (found.click as () => void)();
    },
    [menu, item] as const,
  );
}

/** The next dialog that asks for files or folders answers with these. */
export function answerOpenDialog(app: ElectronApplication, ...filePaths: string[]): Promise<void> {
  return app.evaluate(({ dialog }, paths) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: paths });
  }, filePaths);
}
