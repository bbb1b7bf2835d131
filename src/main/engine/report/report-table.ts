/** A table of texts, the same on paper, on a page and in Markdown. */
export interface ReportTable {
  /** Empty: a list of facts, name and value. */
  heads: readonly string[];
  rows: readonly (readonly string[])[];
  /** Columns that stand to the right. */
  numbers?: readonly number[];
}
