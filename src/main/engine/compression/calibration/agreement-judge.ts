import type { OutputDifference } from '@shared/sensitivity';
import type { Graph } from '../../onnx/graph';
import { twoClassScores } from '../../onnx/two-class-scores';
import type { TechniqueContext } from './technique-context';
import { runCalibration } from './calibration-run';
import { OutputComparison } from './output-comparison';

/** Agreement is judged on so many calibration images at most. */
const judgedImages = 1000;

/** Whether a network's classes are those of the float network, on calibration images; the float outputs are computed once. */
export class AgreementJudge {
  private readonly float: Float32Array[] = [];
  images = 0;

  constructor(
    private readonly context: TechniqueContext,
    private readonly id: string,
  ) {}

  async begin(float: Graph): Promise<void> {
    await this.run(float, (scores, count) => {
      this.float.push(scores);
      this.images += count;
    });
  }

  /** Percent of the images. */
  async agreementOf(graph: Graph): Promise<number> {
    return (await this.differenceOf(graph)).agreement;
  }

  async differenceOf(graph: Graph): Promise<OutputDifference> {
    const comparison = new OutputComparison();
    let batch = 0;
    await this.run(graph, (scores, count) => comparison.add(this.float[batch++]!, scores, count));
    return comparison.result();
  }

  private async run(graph: Graph, take: (scores: Float32Array, count: number) => void): Promise<void> {
    const output = graph.outputs[0]!.name;
    await runCalibration(graph, judgedImages, this.context, this.id, (results) => {
      const { data, shape } = results[output]!;
      const { score } = this.context.card.output;
      const scores = data as Float32Array;
      take(score ? twoClassScores(scores, score) : scores, shape[0]!);
    });
  }
}
