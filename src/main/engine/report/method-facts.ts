import { formatNumber } from '@shared/format';
import type { ModelCard } from '@shared/model-card';
import { hasEnergy } from '@shared/presenter/energy';
import { referenceRule, timesRule, verdictRule } from '@shared/presenter/legend';
import type { Fact } from '@shared/presenter/manifest-facts';
import type { RunPresentation } from '@shared/presenter/reading';
import type { ReportSources } from './report-sources';

const energyMethod =
  "In the same rounds as time: what the machine's own sensors count while each of the two runs, less what it takes idling before and after the pair of sessions, for one image; the median over pairs, with its 95 % interval over pairs. Where the share above idling is lost in the steps of the sensor, it says so.";

/** How the numbers came about: enough to repeat or to doubt them. */
export function methodFacts(
  presentation: RunPresentation,
  models: readonly string[],
  { cards }: ReportSources,
): Fact[] {
  const { run } = presentation;
  const { dataset } = run.manifest;
  const preprocessing = models.flatMap((model): Fact[] => {
    const card = cards.get(model);
    return card ? [{ name: `Preprocessing, ${model}`, value: preprocessText(card) }] : [];
  });
  return [
    {
      name: 'Size',
      value:
        'Bytes of the file that ships, MB = 10⁶ bytes; nothing is simulated: accuracy and times come from the same file.',
    },
    {
      name: 'Accuracy',
      value: `${formatNumber(dataset.eval)} evaluation images that no technique has seen, the same for every recipe. Top-1 with its 95 % Wilson interval; its difference to the reference in points, with the paired 95 % interval from the discordant images, and the exact McNemar test.`,
    },
    {
      name: 'Calibration',
      value: `${formatNumber(dataset.calibration)} images of their own, drawn with seed ${run.sweep.dataset.seed}.`,
    },
    {
      name: 'Time',
      value: `One image at a time. Candidate and baseline are opened side by side in a process for each pair of sessions and run in turns; the ratio is the median over pairs, with its 95 % interval over pairs (Kalibera and Jones 2013). Protocol: ${run.sweep.latency}. ${timesRule}`,
    },
    ...(hasEnergy(run) ? [{ name: 'Energy', value: energyMethod }] : []),
    { name: 'Reference', value: referenceRule(presentation) },
    { name: 'Verdicts', value: verdictRule(presentation) },
    ...preprocessing,
  ];
}

/** "short side to 256, centre crop 224 x 224, RGB, (x - [123.7, 116.3, 103.5]) / [58.4, 57.1, 57.4], NCHW float32" */
function preprocessText({ input, preprocess }: ModelCard): string {
  const { resize, crop, mean, std } = preprocess;
  const sides = (size: number | readonly number[]): string => [size].flat().join(' x ');
  const scaled = typeof resize === 'number' ? `short side to ${resize}` : `stretched to ${sides(resize)}`;
  const cropped = `centre crop ${typeof crop === 'number' ? `${crop} x ${crop}` : sides(crop)} (height x width)`;
  const list = (values: readonly number[]): string => `[${values.map((value) => Number(value.toFixed(3))).join(', ')}]`;
  const values = input.type === 'uint8' ? 'raw pixels' : `(x - ${list(mean)}) / ${list(std)} of 0..255`;
  return `${scaled}, bilinear; ${cropped}; ${input.channels}, ${values}; ${input.layout} ${input.type ?? 'float32'}`;
}
