import type { Draws } from './draws';
import { clutter, stick, type Shape } from './shapes';
import { placed, shade, type Light } from './solid';
import { drawPaint, drawSurface, type Area, type Paint } from './surface';

/** Of every picture, pixels. */
export const shortSide = 120;

type Place = readonly [x: number, y: number];

/** A table under one light, with things on it: a canvas `[height, width, 3]` of linear light. */
export class Scene {
  readonly canvas: Float32Array;
  readonly light: Light;
  private readonly shadowLength: number;
  private readonly table: Paint;
  private subject: { centre: Place; radius: number } | undefined;

  /** Begins with the empty table. */
  constructor(
    private readonly draws: Draws,
    readonly width: number,
    readonly height: number,
  ) {
    const angle = draws.uniform(0, 2 * Math.PI);
    this.light = [Math.cos(angle), Math.sin(angle)];
    this.shadowLength = draws.uniform(0.02, 0.06) * shortSide;
    this.table = drawPaint(draws);
    const whole = { left: 0, top: 0, width, height };
    this.canvas = drawSurface(draws, whole, this.table);
    if (draws.happens(0.4)) this.layEdge(whole);
  }

  /** A second surface: the edge of a cloth, a sheet, a board. */
  private layEdge(whole: Area): void {
    const { draws, width, height, canvas } = this;
    const angle = draws.uniform(0, 2 * Math.PI);
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    const [x, y] = [draws.uniform(0.2, 0.8) * width, draws.uniform(0.2, 0.8) * height];
    const surface = drawSurface(draws, whole, drawPaint(draws));
    for (let at = 0; at < width * height; at++) {
      const side = ((at % width) - x) * cosine + (Math.floor(at / width) - y) * sine;
      const shadow = 1 - 0.5 * Math.exp(-Math.max(-side, 0) / 2.5);
      lay(canvas, at, surface, at, Math.max(0, Math.min(1, side + 0.5)), shadow);
    }
  }

  addClutter(): void {
    const { draws, width, height } = this;
    const size = draws.uniform(0.05, 0.19) * shortSide;
    const centre = [draws.uniform(0, width), draws.uniform(0, height)] as const;
    this.lay(draws.pick(clutter), centre, size, drawPaint(draws));
  }

  /** The largest thing, near the middle, all of it inside the centre crop before something lies across it. */
  addSubject(shape: Shape): void {
    const { draws, width, height, table } = this;
    const radius = draws.uniform(0.19, 0.38) * shortSide;
    const slack = Math.max(0.42 * shortSide - radius, 0.02 * shortSide);
    const centre = [width / 2 + draws.uniform(-slack, slack), height / 2 + draws.uniform(-slack, slack)] as const;
    let paint = drawPaint(draws);
    if (draws.happens(0.25)) {
      // Some nearly vanish on their table.
      const brightness = draws.uniform(0.65, 1.4);
      const close = (light: number): number =>
        Math.max(0.03, Math.min(0.95, light * brightness + draws.uniform(-0.05, 0.05)));
      paint = [close(table[0]), close(table[1]), close(table[2])];
    }
    this.subject = { centre, radius };
    this.lay(shape, centre, radius, paint);
  }

  /** A stick, leaf or pebble across the subject's rim. */
  addOccluder(): void {
    const { draws } = this;
    const { centre, radius } = this.subject!;
    const angle = draws.uniform(0, 2 * Math.PI);
    const reach = radius * draws.uniform(0.45, 1.05);
    const place = [centre[0] + reach * Math.cos(angle), centre[1] + reach * Math.sin(angle)] as const;
    const shape = draws.pick(clutter);
    const size = radius * (shape === stick ? draws.uniform(0.6, 1.2) : draws.uniform(0.25, 0.5));
    this.lay(shape, place, size, drawPaint(draws));
  }

  /** Lays one solid thing with its shadow; only the part of the picture around it is computed. */
  private lay(shape: Shape, centre: Place, radius: number, paint: Paint): void {
    const { draws, canvas, light, width } = this;
    const area = this.around(centre, 1.35 * radius + 2 * this.shadowLength + 3);
    if (Math.min(area.width, area.height) < 3) return;
    const distance = placed(draws, shape(draws), centre, radius);
    const reach = this.shadowLength * Math.min(1, radius / 20);
    const [softness, darkness] = [draws.uniform(1.5, 4), draws.uniform(0.35, 0.65)];
    const count = area.width * area.height;
    const [distances, shadows] = [new Float32Array(count), new Float32Array(count)];
    for (let at = 0; at < count; at++) {
      const x = area.left + (at % area.width);
      const y = area.top + Math.floor(at / area.width);
      distances[at] = distance(x, y);
      const shifted = distance(x + light[0] * reach, y + light[1] * reach);
      shadows[at] = darkness / (1 + Math.exp(Math.max(-30, Math.min(30, (shifted / softness) * 2.5))));
    }
    const surface = drawSurface(draws, { ...area, left: area.left - centre[0], top: area.top - centre[1] }, paint);
    shade(draws, distances, surface, area, radius, light);
    for (let at = 0; at < count; at++) {
      const place = (area.top + Math.floor(at / area.width)) * width + area.left + (at % area.width);
      lay(canvas, place, surface, at, Math.max(0, Math.min(1, 0.5 - distances[at]!)), 1 - shadows[at]!);
    }
  }

  private around([x, y]: Place, reach: number): Area {
    const left = Math.max(0, Math.floor(x - reach));
    const top = Math.max(0, Math.floor(y - reach));
    const right = Math.max(left, Math.min(this.width, Math.ceil(x + reach)));
    const bottom = Math.max(top, Math.min(this.height, Math.ceil(y + reach)));
    return { left, top, width: right - left, height: bottom - top };
  }
}

/** One pixel darkened by a shadow, then covered by a share of another. */
function lay(
  canvas: Float32Array,
  at: number,
  surface: Float32Array,
  from: number,
  cover: number,
  shadow: number,
): void {
  for (let channel = 0; channel < 3; channel++) {
    const under = canvas[at * 3 + channel]! * shadow;
    canvas[at * 3 + channel] = under * (1 - cover) + surface[from * 3 + channel]! * cover;
  }
}
