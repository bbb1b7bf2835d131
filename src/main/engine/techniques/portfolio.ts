import { parseRecipe } from '@shared/recipe-syntax';

/** Chains that did well on networks of different kinds: what a search tries first. The cheap ones come first. */
export const portfolio = [
  'quantize.static',
  'quantize.weights{bits:4} | quantize.static',
  'quantize.weights{bits:6, scheme:kmeans, granularity:tensor}',
  'quantize.weights{bits:4}',
  'quantize.weights{bits:6, scheme:kmeans, granularity:tensor} | quantize.static',
  'shrink.input{scale:0.9} | quantize.static',
  'quantize.weights{bits:4} | shrink.input{scale:0.9} | quantize.static',
  'quantize.mixed{averageBits:4.3}',
  'quantize.mixed{averageBits:4.3} | quantize.static',
  'quantize.mixed{averageBits:4.3} | shrink.input{scale:0.95} | quantize.static',
  'equalize | quantize.static{weights:tensor} | correctBias',
  'prune.secondOrder{amount:0.3} | quantize.static',
  'prune.secondOrder{amount:0.3} | quantize.weights{bits:4} | quantize.static',
  'prune.channels{macs:0.9, allocation:latency} | quantize.static',
  'factorize{macs:0.9} | quantize.static',
  'quantize.weights{bits:3, scheme:kmeans} | correctBias',
  'prune.secondOrder{amount:0.5} | finetune | quantize.static',
  'prune.channels{macs:0.8, allocation:latency} | finetune | quantize.static',
].map(parseRecipe);
