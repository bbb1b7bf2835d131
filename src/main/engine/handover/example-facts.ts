import { heightAndWidth, type ModelCard } from '@shared/model-card';

/** What an example program must know of a model; one example a language is made from it. */
export interface ExampleFacts {
  /** Names of the files beside the program. */
  modelFile: string;
  labelsFile: string;
  inputName: string;
  inputType: 'float32' | 'float16' | 'uint8';
  layout: 'NCHW' | 'NHWC';
  channels: ModelCard['input']['channels'];
  /** `[height, width]` of the crop. */
  crop: readonly [number, number];
  /** The short side, or the `[height, width]` that images are stretched to. */
  resize: ModelCard['preprocess']['resize'];
  /** Of 0..255, in the order of the channels. */
  mean: readonly number[];
  std: readonly number[];
  outputName: string;
  /** What the output is: a score a class, one number for two classes, or the number of the class itself. */
  answer: 'scores' | 'probability' | 'logit' | 'class';
  classes: number;
}

/** @param outputs names of the file's outputs, where the card may name a value within the network */
export function exampleFacts(
  card: ModelCard,
  files: { modelFile: string; labelsFile: string },
  outputs: readonly string[],
): ExampleFacts {
  const { input, output, preprocess } = card;
  const isOutput = outputs.includes(output.name);
  return {
    ...files,
    inputName: input.name,
    inputType: input.type ?? 'float32',
    layout: input.layout,
    channels: input.channels,
    crop: heightAndWidth(preprocess.crop),
    resize: preprocess.resize,
    mean: preprocess.mean,
    std: preprocess.std,
    outputName: isOutput ? output.name : (outputs[0] ?? output.name),
    answer: isOutput ? (output.score ?? 'scores') : 'class',
    classes: output.classes,
  };
}

/** A text as all three languages read it. */
export const quoted = (text: string): string => JSON.stringify(text);
