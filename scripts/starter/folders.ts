import { join, resolve } from 'node:path';
import type { NetworkName } from './networks';

/** Run from the project folder. */
const pack = resolve('resources', 'starter');
export const datasetFolder = join(pack, 'dataset');
/** What is kept between two runs: training pictures and checkpoints. */
export const workFolder = resolve('.cache', 'starter');

export const modelPath = (name: NetworkName): string => join(pack, 'models', `${name}.onnx`);
export const cardPath = (name: NetworkName): string => join(pack, 'models', `${name}.card.json`);
