import { quoted, type ExampleFacts } from './example-facts';

/** `node classify.mjs IMAGE...` prints file, class, label and score. Undefined for half-precision inputs, which Node has no numbers for. */
export function nodeExample(facts: ExampleFacts): string | undefined {
  if (facts.inputType === 'float16') return undefined;
  const [height, width] = facts.crop;
  const isRaw = facts.inputType === 'uint8';
  const count = facts.channels === 'gray' ? 1 : 3;
  const dims = facts.layout === 'NCHW' ? [1, count, height, width] : [1, height, width, count];
  return `// Classifies images: node classify.mjs IMAGE...  (npm install onnxruntime-node sharp)
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';

const fileBeside = (name) => fileURLToPath(new URL(name, import.meta.url));
const labels = readFileSync(fileBeside(${quoted(facts.labelsFile)}), 'utf8').trimEnd().split('\\n');
${isRaw ? '' : `const [mean, std] = [[${facts.mean.join(', ')}], [${facts.std.join(', ')}]]; // of 0..255, ${facts.channels}\n`}
async function prepare(path) {
  const image = sharp(path, { ignoreIcc: true }).removeAlpha().toColourspace('srgb');
  const { width, height } = await sharp(path).metadata();
${scaling(facts.resize)}
  const [left, top] = [half(w - ${width}), half(h - ${height})];
  const scaled = image.resize(w, h, { fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false });
  const pixels = await scaled.extract({ left, top, width: ${width}, height: ${height} }).raw().toBuffer();
  const input = new ${isRaw ? 'Uint8Array' : 'Float32Array'}(${count * height * width});
${filling(facts)}
  return new ort.Tensor('${facts.inputType}', input, [${dims.join(', ')}]);
}
// Half of it, as Python rounds: 80.5 becomes 80, 81.5 becomes 82.
const half = (size) => (size % 4 === 1 ? (size - 1) / 2 : Math.round(size / 2));

const session = await ort.InferenceSession.create(fileBeside(${quoted(facts.modelFile)}));
for (const path of process.argv.slice(2)) {
  const { [${quoted(facts.outputName)}]: output } = await session.run({ [${quoted(facts.inputName)}]: await prepare(path) });
  const scores = Array.from(output.data, Number);
${answer(facts)}
  console.log([path, best, labels[best], score.toFixed(4)].join('\\t'));
}
`;
}

function scaling(resize: ExampleFacts['resize']): string {
  if (typeof resize !== 'number') return `  const [h, w] = [${resize.join(', ')}];`;
  return `  const [w, h] = [width, height].map((side) => Math.floor((${resize} * side) / Math.min(width, height)));`;
}

function filling({ channels, layout, inputType, crop: [height, width] }: ExampleFacts): string {
  const normalised = (value: string, channel: string): string =>
    inputType === 'uint8' ? value : `(${value} - mean[${channel}]) / std[${channel}]`;
  if (channels === 'gray') {
    const luma =
      'Math.floor((pixels[3 * i] * 19595 + pixels[3 * i + 1] * 38470 + pixels[3 * i + 2] * 7471 + 32768) / 65536)';
    return `  for (let i = 0; i < input.length; i++) input[i] = ${normalised(luma, '0')};`;
  }
  const channel = channels === 'BGR' ? '2 - (i % 3)' : 'i % 3';
  const place = layout === 'NCHW' ? `c * ${height * width} + (i - (i % 3)) / 3` : 'i - (i % 3) + c';
  return `  for (let i = 0; i < input.length; i++) {
    const c = ${channel};
    input[${place}] = ${normalised('pixels[i]', 'c')};
  }`;
}

function answer({ answer: kind }: ExampleFacts): string {
  if (kind === 'scores') return '  const score = Math.max(...scores);\n  const best = scores.indexOf(score);';
  if (kind === 'class') return '  const [best, score] = [scores[0], 1];';
  return `  const [best, score] = [scores[0] > ${kind === 'logit' ? '0' : '0.5'} ? 1 : 0, scores[0]];`;
}
