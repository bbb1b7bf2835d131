import type { Message } from '../protobuf/message';
import type { BlobFile } from './blob-file';
import type { ConvertedWeights } from './convert/conversion';
import type { MilValue } from './program-builder';

/** A network as an ML Program, before it is a file. */
export interface CoremlModel {
  /** Of the file format: which systems load it. */
  specificationVersion: number;
  program: Message;
  blobs: BlobFile;
  /** How the weights of each layer are stored. */
  weights: readonly ConvertedWeights[];
  input: MilValue & { isImage: boolean };
  /** Absent: it answers with labels. */
  scores?: MilValue;
}

/** What Core ML gives where it answers with labels. */
export const [labelName, probabilitiesName] = ['classLabel', 'classLabel_probs'] as const;

/** The oldest system that loads a version of the file format, as people know it. */
const systems: Readonly<Record<number, string>> = {
  7: 'iOS 16 and macOS 13',
  8: 'iOS 17 and macOS 14',
  9: 'iOS 18 and macOS 15',
};

export const oldestSystem = (specificationVersion: number): string => systems[specificationVersion] ?? 'newer systems';
