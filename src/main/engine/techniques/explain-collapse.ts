import { certainties, type CollapseFacts } from './collapse-causes';
import { techniques } from './registry';

export interface AppliedStep {
  technique: string;
  /** With every default filled in. */
  params: Readonly<Record<string, unknown>>;
}

/** What may be behind the collapse of a network that went through these steps, in words, the surest first. */
export function collapseCauses(
  steps: readonly AppliedStep[],
  { starvedLayer, calibrationImages }: Pick<CollapseFacts, 'starvedLayer' | 'calibrationImages'>,
): string[] {
  // A run of an older version may name a technique that is gone.
  const known = steps.flatMap(({ technique: id, params }) => {
    const technique = techniques.find((each) => each.id === id);
    return technique ? [{ technique, params }] : [];
  });
  const causes = known.flatMap(({ technique, params }, at) => {
    const facts: CollapseFacts = {
      starvedLayer,
      calibrationImages,
      isEqualized: known.slice(0, at).some((step) => step.technique.equalizes),
      isCompensated: known.slice(at + 1).some((step) => step.technique.compensates),
    };
    return technique.explainCollapse?.(params, facts) ?? [];
  });
  return certainties.flatMap((certainty) =>
    causes.filter((cause) => cause.certainty === certainty).map(({ sentence }) => sentence),
  );
}
