import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { isLayer, keptText, laneText } from '@shared/channel-groups';
import { placeLanes } from '../../../src/renderer/sensitivity/channel-lanes';
import { modelChannels } from '../../../src/main/engine/models/model-channels';
import { hasZoo, needsZoo, zooPath } from '../../fixtures/zoo';

const starter = resolve(import.meta.dirname, '../../../resources/starter/models/mobilenetv2-starter.onnx');

it('the starter MobileNetV2 has a lane for each width inside a block and one for each chain of residual sums', async () => {
  const map = await modelChannels(starter);
  const between = (channels: number): string => `${channels} channels, 3 layers, coupled by 1 depthwise convolution`;
  expect(map.lanes.map((lane) => laneText(map, lane))).toEqual([
    '3 channels, 1 layer',
    between(16),
    '8 channels, 2 layers',
    between(32),
    '16 channels, 4 layers, coupled by 1 residual sum',
    between(64),
    between(64),
    '32 channels, 6 layers, coupled by 2 residual sums',
    between(128),
    between(128),
    between(128),
    '64 channels, 4 layers, coupled by 1 residual sum',
    between(256),
    between(256),
    '96 channels, 4 layers, coupled by 1 residual sum',
    between(384),
    '256 channels, 2 layers',
    '10 channels, 1 layer',
  ]);
  const kept = map.lanes.map(keptText);
  expect([kept[0], kept.at(-1)]).toEqual(['network input', 'network output']);
  expect(kept.slice(1, -1).every((text) => text === undefined)).toBe(true);
});

it.skipIf(!hasZoo)(`real networks stay narrow in the diagram${needsZoo}`, async () => {
  const drawn: unknown[] = [];
  for (const name of ['mobilenetv2', 'resnet50'] as const) {
    const map = await modelChannels(zooPath(name));
    drawn.push([map.layers.filter(isLayer).length, placeLanes(map).columns]);
  }
  // 52 convolutions and 53, with their downsampling branches, and one fully connected layer each.
  expect(drawn).toEqual([
    [53, 2],
    [54, 3],
  ]);
});
