/**
 * Mixup (Zhang et al. 2018) as torchvision's references do it: every image becomes `share` of itself and the rest of the one before it in the
 * batch, of which the first has the last. In place.
 * @param pixels `count` images, one after another
 */
export function mixWithNeighbour(pixels: Float32Array, count: number, share: number): void {
  const size = pixels.length / count;
  const last = pixels.slice((count - 1) * size);
  for (let image = count - 1; image >= 0; image--) {
    const at = image * size;
    for (let i = 0; i < size; i++) {
      const other = image > 0 ? pixels[at - size + i]! : last[i]!;
      pixels[at + i] = share * pixels[at + i]! + (1 - share) * other;
    }
  }
}

/**
 * A number of the distribution Beta(alpha, alpha) for `alpha` up to 1, by rejection (Jöhnk 1964).
 * @param random uniform in [0, 1)
 */
export function drawBeta(random: () => number, alpha: number): number {
  for (;;) {
    const [first, second] = [random() ** (1 / alpha), random() ** (1 / alpha)];
    const sum = first + second;
    if (sum > 0 && sum <= 1) return first / sum;
  }
}
