import { channelCount, heightAndWidth, type ModelCard } from '@shared/model-card';
import type { Classifier } from '../onnx/classifier';

/** What of a card does not fit its model, in words that complete "it does not fit its model: ..."; undefined where all does. */
export function cardProblem(card: ModelCard, classifier: Classifier, sha256: string): string | undefined {
  const { input, output, preprocess } = card;
  const [height, width] = heightAndWidth(preprocess.crop);
  const rows: { model: unknown; card: unknown; sentence: (model: string, card: string) => string }[] = [
    {
      model: classifier.input.name,
      card: input.name,
      sentence: (model, said) => `the model's input is "${model}", the card says "${said}"`,
    },
    {
      model: [classifier.output.name, classifier.declaredOutput].includes(output.name),
      card: true,
      sentence: () => `the model's output is "${classifier.output.name}", the card says "${output.name}"`,
    },
    {
      model: classifier.classes,
      card: output.classes,
      sentence: (model, said) => `the model has ${model} classes, the card says ${said}`,
    },
    {
      model: classifier.score,
      card: classifier.score && output.score,
      sentence: (model, said) => `the model gives one ${model} for two classes, the card says ${said}`,
    },
    {
      model: classifier.input.type,
      card: input.type ?? 'float32',
      sentence: (model, said) => `the model's input is ${model}, the card says ${said}`,
    },
    {
      model: classifier.layout,
      card: input.layout,
      sentence: (model, said) => `the model's images are ${model}, the card says ${said}`,
    },
    {
      model: classifier.channels,
      card: channelCount(input),
      sentence: (model) => `the model's images have ${model} channels, the card says ${input.channels}`,
    },
    {
      model: sizeText(classifier.height ?? input.height, classifier.width ?? input.width),
      card: sizeText(input.height, input.width),
      sentence: (model, said) => `the model's images have ${model} pixels, the card says ${said}`,
    },
    {
      model: sizeText(height, width),
      card: sizeText(input.height, input.width),
      sentence: (crop, said) => `the crop of ${crop} does not give the input of ${said}`,
    },
    {
      model: preprocess.mean.length === preprocess.std.length && preprocess.mean.length,
      card: channelCount(input),
      sentence: (_means, channels) => `mean and std need ${channels} numbers each for ${input.channels} images`,
    },
    {
      model: sha256,
      card: card.sha256 ?? sha256,
      sentence: (model) => `the sha256 of the model (over all its files) is ${model}, not the one on the card`,
    },
  ];
  const wrong = rows.find((row) => row.model !== row.card);
  return wrong?.sentence(String(wrong.model), String(wrong.card));
}

const sizeText = (height: number, width: number): string => (height === width ? `${height}` : `${height} x ${width}`);
