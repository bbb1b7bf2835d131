import { resolve } from 'node:path';
import type { DatasetSpec } from '@shared/dataset';
import type { Arguments, OptionSpec } from './arguments';

/** For commands that open a dataset some of whose images a step may train on. */
export const trainingOption: Record<'train', OptionSpec> = {
  train: {
    type: 'string',
    value: 'DIR',
    help: 'training images of another folder, for techniques that train (the calibration images)',
  },
};

/** What `--train` says of a dataset. */
export function trainingFolder(arguments_: Arguments): Pick<DatasetSpec, 'trainPath'> {
  const folder = arguments_.text('train');
  return folder === undefined ? {} : { trainPath: resolve(folder) };
}
