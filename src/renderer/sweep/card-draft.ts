import type { ClassifierFacts } from '@shared/contract';
import { heightAndWidth, type ChannelOrder, type Preprocess } from '@shared/model-card';
import { presetNames, presetPreprocess, type PresetName } from '@shared/preprocess-presets';
import { isInside } from '../components/ui/number-range';
import { sweepRanges } from './sweep-ranges';

/** How images become the input of a network, as a person is putting it together. */
export interface CardDraft {
  /** Empty until it is chosen: nothing is ever assumed. */
  preset: PresetName | 'custom' | '';
  /** Order of three channels. */
  order: 'RGB' | 'BGR';
  height: number;
  width: number;
  /** Short side before a square is cropped, pixels. */
  shortSide: number;
  /** Of the custom preset: one number a channel, on the 0..255 scale. */
  mean: number[];
  std: number[];
}

const usualSide = 224;

/**
 * What the form begins with: the size that the network takes; where it takes any, that of its card, or else the usual one. What a card says is
 * there as far as the form can say it; where it cannot, nothing is chosen.
 * @param channels the order on the card
 */
export function draftFor(facts: ClassifierFacts, card?: Preprocess, channels?: ChannelOrder): CardDraft {
  const [cardHeight, cardWidth] = heightAndWidth(card?.crop ?? usualSide);
  const [height, width] = [facts.height ?? cardHeight, facts.width ?? cardWidth];
  const { resize } = presetPreprocess('raw', { height, width: height, channels: 'RGB' });
  const each = (value: number): number[] => Array.from({ length: facts.channels }, () => value);
  const order = channels === 'BGR' ? 'BGR' : 'RGB';
  const shortSide = resize as number;
  const empty: CardDraft = { preset: '', order, height, width, shortSide, mean: each(0), std: each(255) };
  if (!card) return empty;
  const { mean, std } = card;
  const filled = { ...empty, shortSide: typeof card.resize === 'number' ? card.resize : shortSide };
  const said = [
    ...presetNames.map((preset): CardDraft => ({ ...filled, preset })),
    { ...filled, preset: 'custom' as const, mean: [...mean], std: [...std] },
  ];
  return said.find((draft) => isSame(preprocessOf(draft, facts), card)) ?? empty;
}

const isSame = (one: Preprocess | undefined, other: Preprocess): boolean =>
  one !== undefined &&
  (['resize', 'crop', 'interpolation', 'mean', 'std'] as const).every(
    (part) => String(one[part]) === String(other[part]),
  );

export const isSquare = ({ height, width }: CardDraft): boolean => height === width;

export function channelsOf({ order }: CardDraft, { channels }: ClassifierFacts): ChannelOrder {
  return channels === 1 ? 'gray' : order;
}

/** What the draft says; undefined until a preset is chosen. Means of presets follow the order of the colours, custom ones are as written. */
export function preprocessOf(draft: CardDraft, facts: ClassifierFacts): Preprocess | undefined {
  const { preset, height, width, shortSide, mean, std } = draft;
  if (preset === '') return undefined;
  const isCustom = preset === 'custom';
  const usual = presetPreprocess(isCustom ? 'raw' : preset, { height, width, channels: channelsOf(draft, facts) });
  return {
    ...usual,
    ...(isSquare(draft) && { resize: shortSide }),
    ...(isCustom && { mean: [...mean] as Preprocess['mean'], std: [...std] as Preprocess['std'] }),
  };
}

export function hasSize({ height, width }: CardDraft): boolean {
  return [height, width].every((value) => isInside(value, sweepRanges.pixels));
}

/** Whether every number that counts is one, and in its range. */
export function isComplete(draft: CardDraft): boolean {
  const { preset, shortSide, mean, std } = draft;
  return (
    preset !== '' &&
    hasSize(draft) &&
    (!isSquare(draft) || isInside(shortSide, sweepRanges.pixels)) &&
    (preset !== 'custom' ||
      (mean.every((value) => isInside(value, sweepRanges.colour)) &&
        std.every((value) => isInside(value, sweepRanges.deviation))))
  );
}
