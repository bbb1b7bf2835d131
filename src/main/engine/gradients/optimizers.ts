import { makeValue } from '../onnx/make';
import type { GraphValue } from '../onnx/graph';
import type { GradientWriter } from './gradient-writer';

/** What an optimiser sees of a parameter; names of values of its shape. */
export interface ParameterUpdate {
  parameter: string;
  gradient: string;
  /** What it kept of the steps before, `Optimizer.states` values, all zero at first. */
  states: readonly string[];
  /** float32 `[1]`. */
  learningRate: string;
  weightDecay: number;
}

export interface Optimizer {
  /** Values of a parameter's shape that it keeps from step to step. */
  states: number;
  /** Which of these is the mean of the parameter over steps; absent: none. */
  mean?: number;
  /** Further inputs `[1]` that depend on the number of the step, from 1. */
  inputs: readonly GraphValue[];
  feeds(step: number): Record<string, number>;
  update(write: GradientWriter, update: ParameterUpdate): { parameter: string; states: string[] };
}

export interface SgdOptions {
  momentum: number;
  nesterov: boolean;
}

/**
 * Stochastic gradient descent as PyTorch defines it: g += decay p; v = momentum v + g; p -= rate v, or with Nesterov's momentum
 * p -= rate (g + momentum v) (Sutskever et al. 2013).
 */
export function sgd({ momentum, nesterov }: SgdOptions): Optimizer {
  return {
    states: momentum === 0 ? 0 : 1,
    inputs: [],
    feeds: () => ({}),
    update(write, { parameter, gradient, states: [velocity], learningRate, weightDecay }) {
      const g = weightDecay === 0 ? gradient : write.add(gradient, write.scale(parameter, weightDecay));
      const moved = (step: string): string => write.subtract(parameter, write.multiply(step, learningRate));
      if (velocity === undefined) return { parameter: moved(g), states: [] };
      const next = write.add(write.scale(velocity, momentum), g);
      const step = nesterov ? write.add(g, write.scale(next, momentum)) : next;
      return { parameter: moved(step), states: [next] };
    },
  };
}

export interface AdamOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
}

/**
 * AdamW (Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2): m and v are running means of the gradient and
 * its square, whose start at zero is corrected; the decay is taken of the parameter itself.
 */
export function adamW({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: Partial<AdamOptions> = {}): Optimizer {
  const [first, second] = ['adam.correction1', 'adam.correction2'] as const;
  return {
    states: 2,
    inputs: [first, second].map((name) => makeValue(name, 'float32', [1])),
    feeds: (step) => ({ [first]: 1 - beta1 ** step, [second]: 1 - beta2 ** step }),
    update(write, { parameter, gradient, states, learningRate, weightDecay }) {
      const running = (state: string, value: string, beta: number): string =>
        write.add(write.scale(state, beta), write.scale(value, 1 - beta));
      const m = running(states[0]!, gradient, beta1);
      const v = running(states[1]!, write.multiply(gradient, gradient), beta2);
      const deviation = write.emit('Sqrt', [write.divide(v, second)]);
      const step = write.divide(write.divide(m, first), write.add(deviation, write.scalar(epsilon)));
      const whole = weightDecay === 0 ? step : write.add(step, write.scale(parameter, weightDecay));
      return { parameter: write.subtract(parameter, write.multiply(whole, learningRate)), states: [m, v] };
    },
  };
}

/** Gradients made smaller together where their common Euclidean norm is above `most` (Pascanu, Mikolov and Bengio 2013). */
export function clipByGlobalNorm(write: GradientWriter, gradients: readonly string[], most: number): string[] {
  const squares = gradients.map((gradient) => write.sum(write.multiply(gradient, gradient)));
  const norm = write.emit('Sqrt', [write.add(...(squares as [string, ...string[]]))]);
  const factor = write.divide(write.scalar(most), write.emit('Max', [norm, write.scalar(most)]));
  return gradients.map((gradient) => write.multiply(gradient, factor));
}

/**
 * Keeps the mean of each parameter beside it: of all steps while there were fewer than `steps`, and then an exponential moving average over
 * about as many (Polyak and Juditsky 1992; Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization").
 */
export function averaging(optimizer: Optimizer, steps: number): Optimizer {
  const share = 'average.share';
  return {
    states: optimizer.states + 1,
    mean: optimizer.states,
    inputs: [...optimizer.inputs, makeValue(share, 'float32', [1])],
    feeds: (step) => ({ ...optimizer.feeds(step), [share]: Math.max(1 / step, 1 / steps) }),
    update(write, { states, ...update }) {
      const mean = states[optimizer.states]!;
      const next = optimizer.update(write, { ...update, states: states.slice(0, optimizer.states) });
      const moved = write.add(mean, write.multiply(write.subtract(next.parameter, mean), share));
      return { parameter: next.parameter, states: [...next.states, moved] };
    },
  };
}
