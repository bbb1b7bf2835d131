import { h, type FunctionalComponent } from 'vue';

/** An icon from an outline on a grid of 24 x 24, to be used like those of Lucide. */
export function pathIcon(outline: string): FunctionalComponent<{ size?: number; strokeWidth?: number }> {
  return ({ size = 24, strokeWidth = 2 }) =>
    h(
      'svg',
      {
        width: size,
        height: size,
        viewBox: '0 0 24 24',
        fill: 'none',
        stroke: 'currentColor',
        'stroke-width': strokeWidth,
        'stroke-linecap': 'round',
        'stroke-linejoin': 'round',
      },
      [h('path', { d: outline })],
    );
}
