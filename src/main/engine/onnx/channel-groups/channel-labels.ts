/** Union-find over single channels: labels that must be kept or removed together end up with one root. */
export class ChannelLabels {
  private readonly parent: number[] = [];
  private readonly isKept: boolean[] = [];

  /** Labels for channels of which nothing is known yet. */
  fresh(count: number): Int32Array {
    return Int32Array.from({ length: count }, () => {
      this.isKept.push(false);
      return this.parent.push(this.parent.length) - 1;
    });
  }

  root(label: number): number {
    let root = label;
    while (this.parent[root] !== root) root = this.parent[root]!;
    for (let at = label; at !== root;) {
      const next = this.parent[at]!;
      this.parent[at] = root;
      at = next;
    }
    return root;
  }

  /** Ties channel by channel; both lists are equally long. */
  tie(a: Int32Array, b: Int32Array): void {
    a.forEach((label, at) => {
      const [one, other] = [this.root(label), this.root(b[at]!)];
      const [root, child] = [Math.min(one, other), Math.max(one, other)];
      this.parent[child] = root;
      this.isKept[root] ||= this.isKept[child]!;
    });
  }

  /** These channels must stay. */
  protect(labels: Int32Array): void {
    for (const label of labels) this.isKept[this.root(label)] = true;
  }

  isProtected(label: number): boolean {
    return this.isKept[this.root(label)]!;
  }
}
