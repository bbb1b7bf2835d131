import type { Augmentation } from '@shared/augmentation';
import { changeBrightness, changeContrast, changeHue, changeSaturation } from './colour-changes';

/** Changes an RGB image in place. */
export type ColourChange = (rgb: Uint8Array) => void;

/**
 * What torchvision's `ColorJitter.get_params` draws: an order of the four changes, then their factors; those that change nothing are left out.
 * @param random uniform in [0, 1)
 */
export function drawColourChanges(
  random: () => number,
  { brightness, contrast, saturation, hue }: Pick<Augmentation, 'brightness' | 'contrast' | 'saturation' | 'hue'>,
): ColourChange[] {
  if (brightness + contrast + saturation + hue === 0) return [];
  const order = [0, 1, 2, 3];
  for (let last = 3; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  const changes = [
    around(1, brightness, changeBrightness),
    around(1, contrast, changeContrast),
    around(1, saturation, changeSaturation),
    around(0, hue, changeHue),
  ].map((draw) => draw(random));
  return order.flatMap((position) => changes[position] ?? []);
}

/** A change by a factor from `centre - reach` to `centre + reach`. */
function around(
  centre: number,
  reach: number,
  change: (rgb: Uint8Array, factor: number) => void,
): (random: () => number) => ColourChange | undefined {
  return (random) => {
    if (reach === 0) return undefined;
    const factor = centre + reach * (2 * random() - 1);
    return (rgb) => change(rgb, factor);
  };
}
