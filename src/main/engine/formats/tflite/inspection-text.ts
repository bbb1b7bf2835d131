import { formatBytes } from '@shared/format';
import type { TfliteInspection } from './inspect-tflite';

type Value = TfliteInspection['inputs'][number];

/** An inspection as lines for the terminal. */
export function tfliteInspectionText(found: TfliteInspection): string {
  const { description, forms, constants, operators, metadata, associatedFiles } = found;
  const lines: [string, string][] = [
    ['bytes', `${found.sizeBytes.toLocaleString('en')} (${formatBytes(found.sizeBytes)})`],
    ['sha256', found.sha256],
    ...(found.writtenAs ? [['written as', found.writtenAs] as [string, string]] : []),
    ...found.inputs.map((value): [string, string] => ['input', valueText(value)]),
    ...found.outputs.map((value): [string, string] => ['output', valueText(value)]),
    ['parameters', `${found.params.toLocaleString('en')} (${found.nonZeroParams.toLocaleString('en')} not zero)`],
    ['MACs', `${found.macs.toLocaleString('en')} at batch 1`],
    ['operators', operators.map(({ op, version, count }) => `${op} ${count} (version ${version})`).join(', ')],
    ...forms.map((form): [string, string] => ['layers', formText(form)]),
    ['constants', constants.map(({ type, bytes }) => `${type} ${formatBytes(bytes)}`).join(', ') || 'none'],
    ['metadata', metadata.map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`).join(', ') || 'none'],
    ...descriptionLines(description),
    ...associatedFiles.map(({ name, bytes }): [string, string] => ['file inside', `${name} ${formatBytes(bytes)}`]),
    ...(found.graphs > 1 ? [['networks', `${found.graphs}; this is the first`] as [string, string]] : []),
  ];
  return [found.path, ...lines.map(([title, text]) => `  ${title.padEnd(12)}${text}`), ''].join('\n');
}

function valueText({ name, type, shape, quantization }: Value): string {
  const codes = quantization ? `, real = ${singleText(quantization.scale)} (code - ${quantization.zeroPoint})` : '';
  return `${name}  ${type} [${shape.join(', ')}]${codes}`;
}

const scalesText = { channel: ', a scale a channel', tensor: ', one scale a layer', none: '' };

function formText({ weights, activations, scales, layers }: TfliteInspection['forms'][number]): string {
  return `${layers} with ${weights} weights${scalesText[scales]}, applied to ${activations}`;
}

function descriptionLines(description: TfliteInspection['description']): [string, string][] {
  const { name, licence, normalization, colorSpace, labels, minimumRuntime, problem } = description;
  const lines: [string, string | undefined][] = [
    ['name', name],
    ['licence', licence],
    [
      'pixels',
      normalization &&
        `${colorSpace ?? ''} (pixel - ${listed(normalization.mean)}) / ${listed(normalization.std)}`.trim(),
    ],
    ['labels', labels && `${labels.length}: ${labels.slice(0, 3).join(', ')}${labels.length > 3 ? ' ...' : ''}`],
    ['runs from', minimumRuntime && `TensorFlow Lite ${minimumRuntime}`],
    ['metadata', problem && `cannot be read: ${problem}`],
  ];
  return lines.filter((line): line is [string, string] => line[1] !== undefined);
}

const listed = (values: readonly number[]): string =>
  values.length === 1 ? singleText(values[0]!) : `(${values.map(singleText).join(', ')})`;

/** The seven digits that a float32 has. */
const singleText = (value: number): string => `${Number(value.toPrecision(7))}`;
