/** On how many of the frames that both sides answered their first answers are the same. A frame that one of them dropped counts for neither. */
export class AgreementCounter {
  private bothCount = 0;
  private agreeingCount = 0;
  private readonly waiting = [new Map<number, number | undefined>(), new Map<number, number | undefined>()] as const;

  /** Frames that both answered. */
  get both(): number {
    return this.bothCount;
  }

  get agreeing(): number {
    return this.agreeingCount;
  }

  /**
   * @param frame its number; each side answers in ascending order
   * @param top its first answer; undefined for none, which agrees with nothing
   * Answers whether both agree, undefined while only one has answered.
   */
  add(side: 0 | 1, frame: number, top: number | undefined): boolean | undefined {
    const others = this.waiting[side === 0 ? 1 : 0];
    // What this side did not answer before it never will.
    for (const older of others.keys()) if (older < frame) others.delete(older);
    if (!others.has(frame)) {
      this.waiting[side].set(frame, top);
      return undefined;
    }
    const other = others.get(frame);
    others.delete(frame);
    const agrees = top !== undefined && top === other;
    this.bothCount++;
    if (agrees) this.agreeingCount++;
    return agrees;
  }
}
