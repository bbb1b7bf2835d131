import { AppError } from '@shared/errors';
import type { RecipeStep } from '@shared/recipe';
import { checkRecipe } from './check-recipe';
import { floatNetwork, formAfter } from './handling';
import { findTechnique, techniques } from './registry';
import { handlingOf } from './technique';

/** Whether the last step of a recipe may leave a larger file than it got: it adds something, and saves nothing of plain weights. */
export function mayGrow(steps: readonly RecipeStep[]): boolean {
  const known = checkRecipe(steps).map(({ technique, params }) => ({ technique: findTechnique(technique), params }));
  const last = known.at(-1);
  if (!last?.technique.adds) return false;
  const handlings = known.map(({ technique, params }) => handlingOf(technique, params));
  const form = handlings.slice(0, -1).reduce(formAfter, floatNetwork);
  const isPlain = [...form.weights].every((storage) => storage === 'float' || storage === 'sparse');
  return !isPlain || handlings.at(-1)!.leaves.weights === undefined;
}

/** Why `second`, with its defaults, may not follow `first`; undefined where it may. */
function refusalOf(first: string, second: string): string | undefined {
  try {
    checkRecipe([first, second].map((technique) => ({ technique, params: {} })));
    return undefined;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'technique.order') return String(thrown.facts['detail']);
    throw thrown;
  }
}

/** What stands before the advice, and the sentence without the names of the pair. */
const reasonOf = (detail: string): string => detail.slice(0, detail.lastIndexOf(';'));

/** Which technique may follow which, as a table with its reasons in Markdown: made by asking for every pair. */
export function orderMarkdown(): string {
  const ids = techniques.map(({ id }) => id);
  const reasons: string[] = [];
  const rows = ids.map((first) => {
    const cells = ids.map((second) => {
      const detail = refusalOf(first, second);
      if (detail === undefined)
        return mayGrow([first, second].map((technique) => ({ technique, params: {} }))) ? '+' : '·';
      const reason = reasonOf(detail);
      if (!reasons.includes(reason)) reasons.push(reason);
      return letter(reasons.indexOf(reason));
    });
    return `| ${ids.indexOf(first) + 1} \`${first}\` | ${cells.join(' | ')} |`;
  });
  const numbers = ids.map((_, at) => at + 1).join(' | ');
  const adding = techniques.flatMap(({ id, adds }) => (adds ? [`\`${id}\`: ${adds}`] : []));
  return `## Which may follow which

The first step of a pair is on the left, the second above, by its number on the left; both with their defaults. A dot: fine, and the file is not larger than the first step's. A plus: fine, but
the second step adds something to the file that may outweigh what it saves. A letter: refused before anything runs. Longer recipes are checked in the same way, with what all steps before
have left. A test runs every pair.

| first \\ second | ${numbers} |
| --- | ${ids.map(() => '---').join(' | ')} |
${rows.join('\n')}

Refused, because

${reasons.map((reason, at) => `- ${letter(at)}: ${reason}`).join('\n')}

What may be added:

${adding.map((line) => `- ${line}`).join('\n')}
`;
}

const letter = (index: number): string => String.fromCharCode('a'.charCodeAt(0) + index);
