import { formatCounted, formatNumber } from '../format';

const mostNamed = 3;

/**
 * That classes of images are none of a network, and what follows for the counts; undefined where there are none such.
 * @param names of the class of each such image
 */
export function foreignClassesSentence(names: readonly string[], model: string): string | undefined {
  if (names.length === 0) return undefined;
  const classes = [...new Set(names)];
  const rest = classes.length - mostNamed;
  const named = classes.slice(0, mostNamed).map((name) => `“${name}”`);
  const all = rest > 0 ? `${named.join(', ')} and ${formatNumber(rest)} more are no classes` : areNone(named);
  return `${all} of ${model}: ${formatCounted(names.length, 'image')} of ${classes.length === 1 ? 'it' : 'them'} ${names.length === 1 ? 'counts' : 'count'} neither as right nor as wrong.`;
}

const areNone = (named: readonly string[]): string =>
  named.length === 1
    ? `${named[0]} is no class`
    : `${named.slice(0, -1).join(', ')} and ${named.at(-1)} are no classes`;
