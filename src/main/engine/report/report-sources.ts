import type { LayerReport } from '@shared/layers';
import type { ModelCard } from '@shared/model-card';
import type { SensitivityReport } from '@shared/sensitivity';

/** What is known of a run beyond its view. A report says nothing of what is not here. */
export interface ReportSources {
  /** By model name: how images become its input. */
  cards: ReadonlyMap<string, ModelCard>;
  /** By trial id, where layers were asked for before. */
  layers: ReadonlyMap<string, LayerReport>;
  /** By model name, where it was measured before. */
  sensitivity: ReadonlyMap<string, SensitivityReport>;
}

export const noSources: ReportSources = { cards: new Map(), layers: new Map(), sensitivity: new Map() };
