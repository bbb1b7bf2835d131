import type { AgreementJudge } from '../compression/calibration/agreement-judge';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import type { MaskedNetwork } from './masked-network';
import type { TimedChain } from './paying-chains';

/** How a network with some of its chains gated is made. */
export interface Masking {
  masked(chains: readonly TimedChain[]): MaskedNetwork;
  /** The same with layers that make up for what is left out. */
  refitted(chains: readonly TimedChain[]): Promise<MaskedNetwork>;
}

export interface ChosenChains {
  chains: readonly TimedChain[];
  masked: MaskedNetwork;
}

/**
 * As many chains as leave enough images their class: first those that save most for how far the answers go from the network's when they alone are gated.
 * @param judge has begun with the network as it was. @param maxDrop percent of its images that may get another class
 * @returns in the order of the network
 */
export async function chooseChains(
  chains: readonly TimedChain[],
  { masked, refitted }: Masking,
  judge: AgreementJudge,
  maxDrop: number,
  { progress }: Pick<TechniqueContext, 'progress'>,
): Promise<ChosenChains> {
  if (maxDrop >= 100) return { chains, masked: await refitted(chains) };
  const prices = new Map<TimedChain, number>();
  for (const [at, chain] of chains.entries()) {
    progress('comparing layers', at, chains.length);
    const { divergence } = await judge.differenceOf(masked([chain]).graph);
    prices.set(chain, divergence / Math.max(1, chain.saved));
  }
  const ordered = [...chains].sort((a, b) => prices.get(a)! - prices.get(b)!);
  let found: ChosenChains = { chains: [], masked: masked([]) };
  // The most that may be gated is at least `enough`, and less than `tooMany`.
  let [enough, tooMany] = [0, chains.length + 1];
  while (tooMany - enough > 1) {
    const count = (enough + tooMany) >> 1;
    const some = chains.filter((chain) => ordered.indexOf(chain) < count);
    const tried = await refitted(some);
    if (100 - (await judge.agreementOf(tried.graph)) <= maxDrop + 1e-9) {
      found = { chains: some, masked: tried };
      enough = count;
    } else tooMany = count;
  }
  return found;
}
