import { expect, it } from 'vitest';
import { distinctSteps } from '../../../src/main/engine/sweep/plan';
import type { Surroundings } from '../../../src/main/engine/sweep/surroundings';
import { around, plan, prune } from './sweeps';

const surroundings: Surroundings = {
  ...around,
  runtimes: {
    ...around.runtimes,
    lite: { version: '2.17', format: 'tflite', answerOptions: ['delegate'] },
    chip: { version: '14', format: 'chip', floatsIn: 'lite', links: { '': 'high speed' } },
  },
  converters: {
    tflite: { version: 1, options: {} },
    chip: { version: 1, options: {}, integersOnly: true, compiler: '16.0' },
  },
};
const targets = [
  { runtime: 'ort-cpu' },
  { runtime: 'ort-cpu', threads: 2 },
  { runtime: 'lite', options: { delegate: 'gpu' } },
  { runtime: 'chip' },
];
const recipes = {
  baseline: [],
  pruned: [prune(0.5)],
  fast: [{ 'prune.channels': { latency: 0.7, macs: 1 } }],
  int8: ['quantize.static', 'correctBias'],
};

/** What is in the journals of people stands under these: without a new version of a step or a technique no change may touch them. */
it('keeps the keys of a sweep on one machine', () => {
  const keys = distinctSteps(plan(recipes, { targets, surroundings })).map(
    ({ kind, title, key }) => `${key.slice(0, 12)} ${kind} ${title}`,
  );
  expect(keys).toMatchInlineSnapshot(`
    [
      "df2020d07863 describe file",
      "7d0dd5359c13 evaluate 8 images, ort-cpu",
      "22a0559b1e98 convert tflite",
      "0b4e17a31586 describe tflite file",
      "bc93eb62bca3 evaluate 8 images, lite {delegate:gpu}",
      "86f5c8b295ac evaluate 8 images, lite",
      "37dfb2bd6d60 measure ort-cpu x1",
      "c39ebf84f381 measure ort-cpu x2",
      "5db5d21d2129 measure lite x1 {delegate:gpu}",
      "6fbf8b815d60 measure chip x1",
      "be1ba5516917 compress prune.magnitude{amount:0.5}",
      "a5a5cacbb6fe describe file",
      "d81e85ff04cf evaluate 8 images, ort-cpu",
      "4b3be28d19a0 convert tflite",
      "b9a06ab1087b describe tflite file",
      "9e176ca21f95 evaluate 8 images, lite {delegate:gpu}",
      "c3f374f71c39 measure ort-cpu x1",
      "5afce4d95fea measure ort-cpu x2",
      "607c35c077f9 measure lite x1 {delegate:gpu}",
      "e46eb1954744 compress prune.channels{latency:0.7, macs:1}",
      "e2f2fb4dc317 describe file",
      "5f97496349b7 evaluate 8 images, ort-cpu",
      "5275f171b1ea convert tflite",
      "8115d91cdcb5 describe tflite file",
      "226dd9ca6a74 evaluate 8 images, lite {delegate:gpu}",
      "6e12aff6deb5 measure ort-cpu x1",
      "656e1f0dc80c measure ort-cpu x2",
      "1d5bc79efd83 measure lite x1 {delegate:gpu}",
      "c683b9d1db9e compress quantize.static",
      "a8bdc334dfbc compress correctBias",
      "61532f66aaf1 describe file",
      "9f657e75b3b5 evaluate 8 images, ort-cpu",
      "655fecf08271 convert tflite",
      "239f0698f4e6 describe tflite file",
      "a855d4d21918 evaluate 8 images, lite {delegate:gpu}",
      "41452a2e9113 convert chip",
      "136102254ff6 describe chip file",
      "3221767ed126 evaluate 8 images, chip",
      "afa445e3899b measure ort-cpu x1",
      "736a62201732 measure ort-cpu x2",
      "7dcd29d32d62 measure lite x1 {delegate:gpu}",
      "0c50e958f6ee measure chip x1",
    ]
  `);
});
