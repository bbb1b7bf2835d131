import { modelCardSchema, type ModelCard } from '../../src/shared/model-card';
import { inputSide, type NetworkName } from './networks';
import { labelNames } from './picture';

/** Side to which a picture is scaled before the centre is cut out, pixels. */
export const resizedSide = 112;

const tensorFlowRange = { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] };
const imageNetRange = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] };

/** Fed as their large relatives usually are, so that a mix-up of preprocessing shows. */
const own: Record<NetworkName, { title: string; range: typeof imageNetRange }> = {
  'mobilenetv2-starter': { title: 'MobileNetV2 starter (small relative, 96 px)', range: tensorFlowRange },
  'resnet-starter': { title: 'ResNet starter (small relative with bottlenecks, 96 px)', range: imageNetRange },
  'squeezenet-starter': { title: 'SqueezeNet starter (small relative, 96 px)', range: imageNetRange },
};

/** The card of a network without what is measured of its file. */
export function cardOf(name: NetworkName, measured: Partial<ModelCard> = {}): ModelCard {
  const { title, range } = own[name];
  return modelCardSchema.parse({
    name,
    title,
    file: `${name}.onnx`,
    ...measured,
    licence: 'Apache-2.0',
    source: 'trained from random weights on rendered pictures (scripts/starter)',
    task: 'image-classification',
    labels: 'starter-10',
    labelNames,
    input: { name: 'input', layout: 'NCHW', channels: 'RGB', height: inputSide, width: inputSide },
    output: { name: 'logits', classes: labelNames.length },
    preprocess: { resize: resizedSide, crop: inputSide, interpolation: 'bilinear', ...range },
  });
}
