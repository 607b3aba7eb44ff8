import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';

const FLASH_MS = 1600;

/** The trace that a cell's outputs name last; null where none does. */
export function cellCalled(cell: ICellModel): string | null {
  const outputs = cell.type === 'code' ? (cell as ICodeCellModel).outputs : null;
  for (let index = (outputs?.length ?? 0) - 1; index >= 0; index--) {
    const { workbench } = (outputs?.get(index).metadata ?? {}) as { workbench?: { trace_id?: unknown } };
    const trace = workbench?.trace_id;
    if (typeof trace === 'string' && /^[0-9a-f]{32}$/.test(trace)) {
      return trace;
    }
  }
  return null;
}

/** Brings the cell with this id into view and makes it the active one; false where the notebook has none. */
export async function findCell(panel: NotebookPanel, id: string): Promise<boolean> {
  const notebook = panel.content;
  const index = notebook.widgets.findIndex(cell => cell.model.id === id);
  if (index < 0) {
    return false;
  }
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  await notebook.scrollToItem(index, 'smart').catch(() => undefined);
  const { node } = notebook.widgets[index];
  node.classList.add('jp-WorkbenchFlash');
  setTimeout(() => node.classList.remove('jp-WorkbenchFlash'), FLASH_MS);
  notebook.activate();
  return true;
}

/** Puts a code cell below the one with this id, or at the end; it is not run, and can be undone. */
export async function insertBelow(panel: NotebookPanel, id: string | null, source: string): Promise<void> {
  const notebook = panel.content;
  const above = notebook.widgets.findIndex(cell => cell.model.id === id);
  const index = above < 0 ? notebook.widgets.length : above + 1;
  notebook.model?.sharedModel.insertCell(index, { cell_type: 'code', source, metadata: { trusted: true } });
  notebook.activeCellIndex = index;
  await notebook.scrollToItem(index, 'smart').catch(() => undefined);
  notebook.activate();
}
