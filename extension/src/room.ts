import { SplitPanel, type Widget } from '@lumino/widgets';

/**
 * Gives a tab below the notebook half of the window. Notebook 7 shows of that area the tabs alone, until somebody draws
 * it up.
 */
export function makeRoom(tab: Widget): void {
  requestAnimationFrame(() => {
    let area: Widget | null = tab;
    while (area && !(area.parent instanceof SplitPanel)) {
      area = area.parent;
    }
    const split = area?.parent;
    if (area && split instanceof SplitPanel && area.node.clientHeight < split.node.clientHeight / 4) {
      split.setRelativeSizes([1, 1]);
    }
  });
}
