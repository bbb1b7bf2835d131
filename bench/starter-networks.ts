import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { modelCardSchema, type ModelCard } from '../src/shared/model-card';

export interface BenchNetwork {
  name: string;
  path: string;
  card: ModelCard;
}

/** Networks with cards in a folder. */
export function networksIn(folder: string): BenchNetwork[] {
  const names = readdirSync(folder).filter((file) => file.endsWith('.onnx'));
  return names.map((file) => {
    const name = file.slice(0, -'.onnx'.length);
    const card = modelCardSchema.parse(JSON.parse(readFileSync(join(folder, `${name}.card.json`), 'utf8')));
    return { name, path: join(folder, file), card };
  });
}

/** The three networks that come with the product. */
export const starterNetworks = (): BenchNetwork[] => networksIn(resolve('resources/starter/models'));
