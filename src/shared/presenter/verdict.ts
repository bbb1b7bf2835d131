/** Whether a metric gets better when it falls or when it rises. */
export type Better = 'lower' | 'higher';

/**
 * What a measured difference means. `same`: the whole interval lies inside the zone of indifference, which is knowledge too.
 * `unclear`: nothing can be said. `control`: the baseline beside itself, which shows what noise alone does and claims nothing.
 */
export type Verdict = 'gain' | 'loss' | 'same' | 'unclear' | 'control';

/** One character for where there is no room for words, the same in the window, in text tables and in prints. */
export const verdictSigns: Record<Verdict, string> = { gain: '▲', loss: '▼', same: '=', unclear: '≈', control: '·' };

export const verdictWords: Record<Verdict, string> = {
  gain: 'clear gain',
  loss: 'clear loss',
  same: 'the same',
  unclear: 'no clear difference',
  control: 'A/A control',
};

/** A smaller file whose time is not clearly another one. */
export const noSpeedUp = 'no clear speed-up';

/** An interval by itself would make a claim, but among so many such intervals occur by chance. */
export const notAmong = (comparisons: number): string =>
  comparisons > 1 ? `not clear among ${comparisons}` : verdictWords.unclear;
