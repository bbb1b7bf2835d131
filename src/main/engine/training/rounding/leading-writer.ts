import { GradientWriter } from '../../gradients/gradient-writer';

/** Puts nodes in front of a graph's own. */
export class LeadingWriter extends GradientWriter {
  prepend(): void {
    this.graph.nodes.unshift(...this.nodes.splice(0));
  }
}
