import path from 'node:path';

import { type IJupyterLabPageFixture, expect } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';

/** A cell's source; with its outputs where it was run before. */
export type Cell = string | { source: string; outputs: object[] };

/** Writes a notebook with these cells. */
export async function makeNotebook(page: IJupyterLabPageFixture, file: string, ...given: Cell[]): Promise<void> {
  const cells = given.map((cell, index) => ({
    cell_type: 'code',
    execution_count: null,
    id: `cell-${index}`,
    metadata: {},
    ...(typeof cell === 'string' ? { source: cell, outputs: [] } : cell)
  }));
  const kernelspec = { display_name: 'Python 3 (ipykernel)', language: 'python', name: 'python3' };
  const metadata = { kernelspec, language_info: { name: 'python' } };
  const notebook = { cells, metadata, nbformat: 4, nbformat_minor: 5 };
  await page.contents.uploadContent(JSON.stringify(notebook), 'text', file);
}

/** Writes a notebook with these cells, and opens it in front, whether or not the file browser shows. */
export async function openNotebook(page: IJupyterLabPageFixture, file: string, ...cells: Cell[]): Promise<void> {
  await makeNotebook(page, file, ...cells);
  await page.evaluate(async one => {
    const panel = await window.jupyterapp.commands.execute('docmanager:open', { path: one, factory: 'Notebook' });
    await panel.context.ready;
    await panel.revealed;
  }, file);
  await page.notebook.activate(path.basename(file));
}

/** Opens the settings of this title, as a person finds them. */
export async function openSettings(page: IJupyterLabPageFixture, title: string): Promise<Locator> {
  await page.evaluate(
    query => void window.jupyterapp.commands.execute('settingeditor:open', { query }),
    title
  );
  const form = page.locator('.jp-SettingsPanel').filter({ hasText: title });
  await expect(form).toBeVisible();
  return form;
}

/** Opens the palette, looks for words that find these commands alone, and takes one of them. */
export async function pick(page: IJupyterLabPageFixture, words: string, found: string[], one: string): Promise<void> {
  await page.keyboard.press('Control+Shift+C');
  const palette = page.locator('.jp-ModalCommandPalette');
  await palette.locator('input').fill(words);
  const items = palette.locator('.lm-CommandPalette-itemLabel');
  await expect(items).toHaveText(found);
  await items.filter({ hasText: one }).click();
}
