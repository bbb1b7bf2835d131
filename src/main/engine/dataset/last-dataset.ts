import type { DatasetSpec } from '@shared/dataset';
import type { Dataset } from './dataset';
import { openDataset, type OpenDatasetOptions } from './open-dataset';

/** The dataset that was opened last: what asks for a few of its images need not look at all of them again. */
export class LastDataset {
  private last: { key: string; dataset: Dataset } | undefined;

  /** Looks at the folder anew. Throws what `openDataset` throws. */
  async open(spec: DatasetSpec, options: OpenDatasetOptions): Promise<Dataset> {
    const dataset = await openDataset(spec, options);
    this.last = { key: JSON.stringify(spec), dataset };
    return dataset;
  }

  /** As it was when it was last opened. Throws what `openDataset` throws. */
  async recall(spec: DatasetSpec, options: OpenDatasetOptions): Promise<Dataset> {
    return this.last?.key === JSON.stringify(spec) ? this.last.dataset : this.open(spec, options);
  }
}
