import { judgePairs } from '@shared/presenter/judge-pairs';
import { compareRuns, type RunWithAnswers } from '../../main/engine/compare/compare-runs';
import { usageError, type Command } from '../arguments';
import { runReferenceHelp, withComparedRuns } from '../compared-runs';
import { comparisonText } from '../comparison-text';

export const compare: Command = {
  name: 'compare',
  usage: 'A B',
  summary: `two runs: what differs; each ${runReferenceHelp}`,
  options: {
    all: { type: 'boolean', help: 'show every trial, also those without a clear difference' },
    recipe: { type: 'string', value: 'NAME', help: 'compare this recipe of A alone' },
    with: { type: 'string', value: 'NAME', help: 'compare it with this recipe of B (the one of the same name)' },
    out: { type: 'string', value: 'DIR', help: 'the folder given to run --out, for runs named by their id' },
  },
  async run(arguments_) {
    const [first, second] = arguments_.positionals as [string, string];
    const [own, theirs] = [arguments_.text('with'), arguments_.text('recipe')];
    if (own !== undefined && theirs === undefined) throw usageError(compare, '--with needs --recipe');
    const chosen = theirs === undefined ? undefined : { reference: theirs, candidate: own ?? theirs };
    const names = { reference: first, candidate: second };
    const comparison = await withComparedRuns(arguments_, names, (reference, candidate) => {
      if (chosen) {
        checkRecipe(reference, chosen.reference);
        checkRecipe(candidate, chosen.candidate);
      }
      return compareRuns(reference, candidate, chosen);
    });
    const judged = judgePairs(comparison);
    if (arguments_.flag('json')) {
      const verdicts = judged.map(({ pair, answers, times, ...verdict }) => ({
        ...pair,
        ...verdict,
        answers: answers.map(({ measured, change }) => ({ ...measured, change })),
        times: times.map(({ measured, change }) => ({ ...measured, change })),
      }));
      process.stdout.write(`${JSON.stringify({ ...comparison, pairs: verdicts }, null, 2)}\n`);
    } else process.stdout.write(comparisonText(comparison, judged, arguments_.flag('all') || chosen !== undefined));
    return 0;
  },
};

function checkRecipe({ run }: RunWithAnswers, recipe: string): void {
  if (run.recipes.includes(recipe)) return;
  throw usageError(compare, `the run ${run.id} has no recipe "${recipe}"; it has ${run.recipes.join(', ')}`);
}
