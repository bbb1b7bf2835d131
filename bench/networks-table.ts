/**
 * All techniques at their defaults over small networks of many families, as a Markdown page.
 * Usage: node scripts/bench.mjs networks-table > docs/networks.md
 */
import { foreignNetworks } from '../test/fixtures/networks/index';
import { outcomeOf, recipes } from '../test/fixtures/networks/outcomes';

const sentences = new Map<string, number>();
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const rows: string[] = [];
for (const recipe of recipes) {
  const cells = [`\`${recipe.replaceAll('|', '\\|')}\``];
  for (const network of foreignNetworks) {
    const { size, refusal } = await outcomeOf(network, recipe);
    if (!refusal) {
      cells.push(`${Math.round(100 * size!)} %`);
      continue;
    }
    // One note for a sentence, whatever network it names.
    const sentence = refusal.message
      .replaceAll(network.name, 'NETWORK')
      .replace(/"[^"]*"/g, '"..."')
      .replace(/[\d,]+ bytes/g, 'N bytes');
    if (!sentences.has(sentence)) sentences.set(sentence, sentences.size + 1);
    cells.push(`[${sentences.get(sentence)}]`);
  }
  rows.push(row(cells));
}
console.log('# Techniques over networks\n');
console.log(
  'Small networks with the operators and the habits of exporters that real files have (`test/fixtures/networks`), every technique at its defaults (`quantize.mixed` with the budget of eight bits a weight). A number is the size of the file that comes out against the one that went in (the networks have some thousand weights, so what is stored beside them weighs more than usual; the last five some hundred at most, where only refusals tell something); a note in brackets is why a recipe is refused. Made by `node scripts/bench.mjs networks-table`; `test/engine/networks/all-techniques.test.ts` checks that every recipe runs or is refused with a reason.\n',
);
console.log(row(['recipe', ...foreignNetworks.map(({ name }) => name)]));
console.log(row(['---', ...foreignNetworks.map(() => '---:')]));
console.log(rows.join('\n'));
console.log();
for (const [sentence, number] of sentences) console.log(`${number}. ${sentence}`);
