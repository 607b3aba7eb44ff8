import AxeBuilder from '@axe-core/playwright';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

/** What axe finds in parts of the page that keeps somebody out. */
export async function barriers(page: IJupyterLabPageFixture, ...parts: string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] });
  const { violations } = await parts
    .reduce((found, part) => found.include(part), axe)
    .setLegacyMode() // there are no frames, and so no page of its own to put their results together
    .analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`));
}
