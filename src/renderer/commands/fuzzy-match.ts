/** Where the letters of a query stand in a text, and how well they fit: higher is better. */
export interface FuzzyMatch {
  score: number;
  /** Index in the text of each letter of the query. */
  at: number[];
}

const startOfWord = 8;
const nextToLast = 9;
const perLetter = 1;
/** Letters before the first match, and a longer text, count a little against it. */
const perSkipped = 0.05;

/**
 * Finds the letters of a query in order in a text, whatever lies between them; blanks in the query are left out. Of all ways the one with
 * most letters at beginnings of words and next to each other, by dynamic programming over (letter, place): O(query x text).
 */
export function fuzzyMatch(query: string, text: string): FuzzyMatch | undefined {
  const letters = [...query.toLowerCase()].filter((letter) => letter.trim() !== '');
  const lower = [...text.toLowerCase()];
  if (letters.length === 0) return { score: 0, at: [] };
  // best[i][j]: the score where letter i stands at j; -Infinity where it cannot.
  const best: number[][] = [];
  const from: number[][] = [];
  letters.forEach((letter, i) => {
    let [reach, reachAt] = [-Infinity, -1];
    best.push(Array<number>(lower.length).fill(-Infinity));
    from.push(Array<number>(lower.length).fill(-1));
    for (let j = 0; j < lower.length; j++) {
      if (i > 0 && j > 0 && best[i - 1]![j - 1]! > reach) [reach, reachAt] = [best[i - 1]![j - 1]!, j - 1];
      if (lower[j] !== letter) continue;
      const own = perLetter + (isStart(lower, j) ? startOfWord : 0);
      if (i === 0) best[i]![j] = own - perSkipped * j;
      else if (reach > -Infinity) {
        const adjacent = best[i - 1]![j - 1]! + nextToLast;
        const isAdjacent = adjacent >= reach;
        best[i]![j] = own + (isAdjacent ? adjacent : reach);
        from[i]![j] = isAdjacent ? j - 1 : reachAt;
      }
    }
  });
  const last = best.at(-1)!;
  let j = last.indexOf(Math.max(...last));
  if (last[j] === -Infinity || j < 0) return undefined;
  const score = last[j]! - perSkipped * lower.length;
  const at: number[] = [];
  for (let i = letters.length - 1; i >= 0; i--) {
    at.unshift(j);
    j = from[i]![j]!;
  }
  return { score, at };
}

function isStart(text: readonly string[], at: number): boolean {
  return at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]!);
}
