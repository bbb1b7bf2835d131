import { z } from 'zod';
import { usualCalibrationImages } from '@shared/dataset';
import { AppError } from '@shared/errors';
import { nearestName } from '@shared/nearest-name';
import { recipeSchema } from '@shared/recipe';
import type { SweepTemplate } from '@shared/sweep-template';
import { techniques } from './registry';

/** The networks of the case study. */
const caseStudyModels = ['mobilenetv2', 'resnet50', 'squeezenet1.1'];

/** Recipes as a sweep file has them. */
const recipesOf = z.record(z.string(), recipeSchema);
type Recipes = z.input<typeof recipesOf>;

const half = { 'prune.magnitude': { amount: 0.5 } };
const fourBits = { 'quantize.weights': { bits: 4 } };

const caseStudy: Recipes = {
  baseline: [],
  fp16: ['fp16'],
  'dynamic int8': ['quantize.dynamic'],
  int8: ['quantize.static'],
  'int8 per tensor': [{ 'quantize.static': { weights: 'tensor' } }],
  'pruned 50 %': [half],
  'pruned 50 % + int8': [half, 'quantize.static'],
};

const quantization: Recipes = {
  baseline: [],
  fp16: ['fp16'],
  'dynamic int8': ['quantize.dynamic'],
  int8: [{ 'quantize.static': { calibration: ['min-max', 'percentile', 'entropy', 'mse'] } }],
  'int8 per tensor': [{ 'quantize.static': { weights: 'tensor' } }],
  'int8 per tensor, equalized': ['equalize', { 'quantize.static': { weights: 'tensor' } }, 'correctBias'],
  'integer only': ['quantize.integer'],
  weights: [{ 'quantize.weights': { bits: [8, 6, 4, 3] } }],
  'weight table': [{ 'quantize.weights': { bits: [6, 4, 3], scheme: 'kmeans' } }],
  'mixed precision': [{ 'quantize.mixed': { averageBits: [6, 4] } }],
  clusters: [{ 'cluster.weights': { clusters: [64, 32, 16] } }],
  binary: [{ 'binarize.weights': { bases: [1, 3] } }],
  '4 bit + int8': [fourBits, 'quantize.static'],
};

const pruning: Recipes = {
  baseline: [],
  random: [{ 'prune.magnitude': { amount: 0.5, criterion: 'random' } }],
  magnitude: [{ 'prune.magnitude': { amount: { from: 0.3, to: 0.9, step: 0.2 } } }],
  'second order': [{ 'prune.secondOrder': { amount: { from: 0.3, to: 0.9, step: 0.2 } } }],
  'second order 2:4': [{ 'prune.secondOrder': { pattern: '2:4', keepLast: true } }],
  channels: [{ 'prune.channels': { macs: [0.9, 0.8, 0.7, 0.6] } }],
  'channels, random': [{ 'prune.channels': { macs: 0.7, importance: 'random' } }],
  'low rank': ['factorize'],
  'smaller input': [{ 'shrink.input': { scale: [0.85, 0.7] } }],
  'second order + int8': ['prune.secondOrder', 'quantize.static'],
  'channels + int8': [{ 'prune.channels': { macs: 0.8, roundTo: 16 } }, 'quantize.static'],
};

const quick: Recipes = {
  baseline: [],
  int8: ['quantize.static'],
  'weights 4 bit': [{ 'quantize.weights': { bits: 4, rounding: 'nearest' } }],
  'pruned 50 %': [half],
  'smaller input': [{ 'shrink.input': { scale: 0.85 } }],
};

const overnight: Recipes = {
  baseline: [],
  int8: ['quantize.static'],
  channels: [{ 'prune.channels': { macs: [0.85, 0.7] } }],
  fp16: ['fp16'],
  'dynamic int8': ['quantize.dynamic'],
  'int8 per tensor, equalized': ['equalize', { 'quantize.static': { weights: 'tensor' } }, 'correctBias'],
  'integer only': ['quantize.integer'],
  weights: [{ 'quantize.weights': { bits: [6, 4, 3] } }],
  'weights 4 bit + int8': [fourBits, 'quantize.static'],
  clusters: [{ 'cluster.weights': { clusters: 32 } }],
  pruned: [{ 'prune.magnitude': { amount: [0.5, 0.7] } }],
  'pruned 50 % + int8': [half, 'quantize.static'],
  'smaller input + int8': [{ 'shrink.input': { scale: 0.85 } }, 'quantize.static'],
};

/** What training recovers of each, and what is left of that in integers. */
const halfBySecondOrder = { 'prune.secondOrder': { amount: 0.5 } };
const twoOfFour = { 'prune.secondOrder': { pattern: '2:4', keepLast: true } };
const fewerChannels = { 'prune.channels': { macs: 0.7 } };

const training: Recipes = {
  baseline: [],
  int8: ['quantize.static'],
  channels: [fewerChannels],
  'channels, trained': [fewerChannels, 'finetune'],
  'channels, trained until no gain': [fewerChannels, { finetune: { until: 'no gain' } }],
  'channels, trained + int8': [fewerChannels, 'finetune', 'quantize.static'],
  'pruned 50 %': [halfBySecondOrder],
  'pruned 50 %, trained': [halfBySecondOrder, 'finetune'],
  'pruned 50 %, trained + int8': [halfBySecondOrder, 'finetune', 'quantize.static'],
  '2:4': [twoOfFour],
  '2:4, trained': [twoOfFour, 'finetune'],
  'low rank': ['factorize'],
  'low rank, trained': ['factorize', 'finetune'],
  'int8 per tensor': [{ 'quantize.static': { weights: 'tensor' } }],
  'int8 per tensor, trained': [{ 'quantize.aware': { weights: 'tensor' } }],
  '16 clusters': [{ 'cluster.weights': { clusters: 16 } }],
  '16 clusters, trained': [{ 'cluster.train': { clusters: 16 } }],
};

/** Every technique with its own defaults, as the registry has them. */
const defaults: Recipes = { baseline: [], ...Object.fromEntries(techniques.map(({ id }) => [id, [id]])) };

/** All there are to evaluate on. */
const images = { eval: 0, calibration: usualCalibrationImages };

const templates: readonly (Omit<SweepTemplate, 'recipes'> & { recipes: Recipes })[] = [
  {
    id: 'case-study',
    title: 'Case study',
    summary: 'The published comparison: pruning, int8 and both, on MobileNetV2, ResNet50 and SqueezeNet.',
    models: caseStudyModels,
    recipes: caseStudy,
    images,
  },
  {
    id: 'quick',
    title: 'Quick look',
    summary: 'Five recipes on at most 200 images: which way each family goes, in minutes.',
    models: [],
    recipes: quick,
    images: { eval: 200, calibration: 64 },
  },
  {
    id: 'defaults',
    title: 'Every technique',
    summary: 'Each technique alone, at its defaults.',
    models: [],
    recipes: defaults,
    images,
  },
  {
    id: 'quantization',
    title: 'Quantization study',
    summary: 'Calibration methods, granularity, bits of weights, tables and clusters.',
    models: [],
    recipes: quantization,
    images,
  },
  {
    id: 'pruning',
    title: 'Pruning study',
    summary: 'Weights, channels, low rank and smaller inputs at several strengths, with random controls.',
    models: [],
    recipes: pruning,
    images,
  },
  {
    id: 'overnight',
    title: 'Overnight',
    summary: 'The recipes of each family that are worth a night, and chains of them.',
    models: caseStudyModels,
    recipes: overnight,
    images,
  },
  {
    id: 'overnight-training',
    title: 'Overnight with training',
    summary:
      'What training on up to 1,000 images recovers of pruned weights, channels and ranks, of int8 and of clusters.',
    models: caseStudyModels,
    recipes: training,
    images: { eval: 0, calibration: 1000 },
  },
];

/** The templates a sweep may begin with, in the order they are offered. */
export function sweepTemplates(): SweepTemplate[] {
  return templates.map((template) => ({ ...template, recipes: recipesOf.parse(template.recipes) }));
}

/** @throws `template.unknown`, with the nearest known id */
export function findTemplate(id: string): SweepTemplate {
  const found = sweepTemplates().find((template) => template.id === id);
  if (found) return found;
  const known = templates.map((template) => template.id);
  throw new AppError('template.unknown', { id, near: nearestName(id, known) });
}
