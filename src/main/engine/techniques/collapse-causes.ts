import type { TrialMetrics } from '@shared/metrics';

/** What a technique may know when it is asked whether it is behind the collapse of a network. */
export interface CollapseFacts {
  starvedLayer: TrialMetrics['starvedLayer'];
  calibrationImages: number;
  /** An earlier step made ranges alike. */
  isEqualized: boolean;
  /** A later step makes up for the errors of this one. */
  isCompensated: boolean;
}

/** `measured`: seen in the file; `setting`: a choice known to do harm; `amount`: too much of it, when nothing else explains it. */
export const certainties = ['measured', 'setting', 'amount'] as const;
export interface CollapseCause {
  certainty: (typeof certainties)[number];
  sentence: string;
}

/** What a technique says that takes something away for good. */
export const tookTooMuch = (id: string): CollapseCause => ({
  certainty: 'amount',
  sentence: `${id} took more than this network can spare without training: keep more of it`,
});

/** What a technique says that may round every weight for itself. */
export const roundedNearest = (id: string, rounding: string): CollapseCause[] =>
  rounding === 'nearest'
    ? [
        {
          certainty: 'setting',
          sentence: `${id} rounded each weight for itself: use second-order rounding or more values`,
        },
      ]
    : [];

const fewImages = 32;

/** What a technique says that takes activation ranges from calibration images. */
export const explainFewImages = (images: number): CollapseCause[] =>
  images < fewImages
    ? [
        {
          certainty: 'setting',
          sentence: `activation ranges come from ${images} ${images === 1 ? 'image' : 'images'}: calibrate with 100 or more`,
        },
      ]
    : [];
