import { Menu, nativeImage, Tray } from 'electron';

/** A grid of four cells, one of them smaller: 16 x 16, drawn here because no file need be found for it. */
function icon(): Electron.NativeImage {
  const side = 32;
  const pixels = Buffer.alloc(side * side * 4);
  const fill = (left: number, top: number, size: number): void => {
    for (let y = top; y < top + size; y++)
      for (let x = left; x < left + size; x++) pixels.set([0x8a, 0x7f, 0x2f, 0xff], 4 * (y * side + x));
  };
  fill(2, 2, 13);
  fill(17, 2, 13);
  fill(2, 17, 13);
  fill(17, 17, 7);
  return nativeImage.createFromBitmap(pixels, { width: side, height: side, scaleFactor: 2 });
}

/** An icon in the tray. */
export interface RunTray {
  /** @param text what is under way: "Sweep: 42 %, about 2 h 10 min left" */
  tell(text: string): void;
  remove(): void;
}

/** An icon in the tray while no window is open. Desktops without a tray show none. */
export function showTray({ open, quit }: { open(): void; quit(): void }): RunTray {
  const tray = new Tray(icon());
  let told: string | undefined;
  const tell = (text: string): void => {
    if (text === told) return;
    told = text;
    const line = text || 'Working';
    tray.setToolTip(`Whittle: ${line}`);
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: line, enabled: false },
        { type: 'separator' },
        { label: 'Show Whittle', click: open },
        { label: 'Quit', click: quit },
      ]),
    );
  };
  tell('');
  tray.on('click', open);
  return { tell, remove: () => tray.destroy() };
}
