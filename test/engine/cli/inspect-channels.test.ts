import { expect, it } from 'vitest';
import type { ChannelMap } from '@shared/channel-groups';
import { temporaryFolder } from '../store/temporary-folder';
import { furnish } from './laboratory';
import { whittle } from './whittle';

it('whittle inspect MODEL --channels lists the channels that go together, as text and as JSON', async () => {
  const folder = await furnish(temporaryFolder());
  const text = await whittle(folder, 'inspect', 'small.onnx', '--channels');
  expect(text.code, text.stderr).toBe(0);
  expect(text.stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' | '))).toEqual([
    'lane | channels | layers | made by | read by | coupled by | protected',
    expect.stringMatching(/^─/),
    '1 | 3 | 1 | — | first | network input',
    '2 | 8 | 2 | first | second',
    '3 | 8 | 2 | second | logits',
    '4 | 4 | 1 | logits | — | network output',
    '',
  ]);
  const json = await whittle(folder, 'inspect', 'small.onnx', '--channels', '--json');
  expect(json.code, json.stderr).toBe(0);
  const map = JSON.parse(json.stdout) as ChannelMap;
  expect(map.layers.map(({ name, width }) => [name, width])).toEqual([
    ['first', 8],
    ['second', 8],
    ['logits', 4],
  ]);
  expect(map.lanes[0]).toEqual({
    channels: 3,
    groups: 3,
    members: [{ layer: 0, role: 'reads' }],
    kept: { by: 'input' },
  });
});
