/** Why a node cannot be expressed, in words that follow the operator's name: "Erf", "Conv with 3 spatial axes". */
export class Inexpressible extends Error {
  constructor(readonly operator: string) {
    super(operator);
  }
}
