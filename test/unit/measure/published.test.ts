import { describe, expect, it } from 'vitest';
import { publishedFor, publishedResults } from '../../../src/main/engine/measure/explain/published';
import { parseParams } from '../../../src/main/engine/techniques/parse-params';
import { findTechnique } from '../../../src/main/engine/techniques/registry';

const resolved = (technique: string, params: Record<string, unknown> = {}) => ({
  technique,
  params: parseParams(findTechnique(technique), params),
});
const urls = (network: string, ...steps: Parameters<typeof publishedFor>[1]): string[] =>
  publishedFor(network, steps).map(({ source }) => source.url);

describe('publishedFor', () => {
  it('finds what was published for a network and a technique with its defaults', () => {
    const [first] = publishedFor('mobilenetv2', [resolved('quantize.static')]);
    expect(first).toMatchObject({
      top1Float: 71.87,
      top1: 71.38,
      top1Drop: 0.49,
      source: { title: 'NNCF compressed model zoo' },
    });
  });

  it.each(['mobilenetv2', 'MobileNet_v2', 'mobilenet-v2_1.0', 'mobilenetv2-12'])('knows the name %s', (name) =>
    expect(urls(name, resolved('quantize.static')).length).toBeGreaterThan(0),
  );

  it.each(['mobilenetv2-starter', 'mobilenetv2-1.4', 'mobilenetv3', 'resnet18', 'squeezenet1.0', 'my mobilenetv2'])(
    'takes %s for another network',
    (name) => expect(urls(name, resolved('quantize.static'))).toEqual([]),
  );

  it('tells parameters apart', () => {
    const static8 = (weights: string) => urls('squeezenet1.1', resolved('quantize.static', { weights }));
    expect(publishedFor('squeezenet1.1', [resolved('quantize.static', { weights: 'tensor' })])[0]!.top1).toBe(58.11);
    expect(static8('channel')).toHaveLength(1);
    const clusters = (count: number) => urls('mobilenetv2', resolved('cluster.weights', { clusters: count }));
    expect(clusters(32)).toHaveLength(1);
    expect(clusters(16)).toEqual([]);
  });

  it('matches whole recipes only', () => {
    const steps = [resolved('equalize'), resolved('quantize.static', { weights: 'tensor' }), resolved('correctBias')];
    expect(urls('mobilenetv2', ...steps)).toHaveLength(1);
    expect(urls('mobilenetv2', ...steps.slice(0, 2))).toEqual([]);
    expect(urls('mobilenetv2')).toEqual([]);
  });
});

describe('the published results', () => {
  it('name techniques and parameters that exist', () => {
    for (const { steps } of publishedResults) {
      for (const { technique, params } of steps) {
        for (const [name, value] of Object.entries(params)) {
          for (const one of Array.isArray(value) ? (value as unknown[]) : [value])
            expect(resolved(technique, { [name]: one }).params[name], `${technique}.${name}`).toEqual(one);
        }
      }
    }
  });

  it('have a drop that agrees with their two accuracies, and a source', () => {
    expect(publishedResults.length).toBeGreaterThan(30);
    for (const { result } of publishedResults) {
      const { top1, top1Float, top1Drop, source } = result;
      if (top1 !== undefined) expect(top1Drop).toBeCloseTo(top1Float! - top1, 3);
      expect(new URL(source.url).protocol).toBe('https:');
    }
  });
});
