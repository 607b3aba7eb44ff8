import path from 'node:path';

import { type IJupyterLabPageFixture, expect, test } from '@jupyterlab/galata';

import { openNotebook } from './notebook';

const SHOTS = process.env.WORKBENCH_SCREENSHOTS ?? 'test-results';
const STATUS = '.jp-WorkbenchStatus-button';

const TOOL = '%%tool\ndef add(a: int, b: int) -> int:\n    """Add two numbers."""\n    return a + b';
const SQL = '%%traces\nSELECT operation, count(*) FROM spans GROUP BY operation';

const line = (page: IJupyterLabPageFixture, cell: number, number: number) =>
  page.locator('.jp-Notebook .jp-CodeCell').nth(cell).locator('.cm-line').nth(number);
const language = (page: IJupyterLabPageFixture, cell: number) =>
  page.locator('.jp-Notebook .jp-CodeCell').nth(cell).locator('.cm-content').first();

const outputs = (page: IJupyterLabPageFixture, cell: number) =>
  page.locator('.jp-Notebook .jp-CodeCell').nth(cell).locator('.jp-OutputArea');

test('a %%llm cell answers, and the status item counts it', async ({ page, tmpPath }) => {
  const load = '%load_ext workbench';
  await openNotebook(page, `${tmpPath}/ask.ipynb`, load, '%%llm\nWhat is 27 plus 45?', TOOL, '%%llm --tools add\nWhat is 417 plus 45?', SQL);
  await page.sidebar.close('left');
  await expect(page.locator(STATUS)).toHaveText('no model calls');

  await page.notebook.runCell(0);
  await page.notebook.runCell(1);
  await expect(outputs(page, 1)).toContainText('72');
  await expect(page.locator(STATUS)).toHaveText(/^pocket · [1-9][\d,]* tok · \$0\.00$/);
  const before = await page.locator(STATUS).textContent();

  await page.notebook.runCell(2);
  await page.notebook.runCell(3);
  await expect(outputs(page, 3)).toContainText('462');
  await expect(page.locator(STATUS)).not.toHaveText(before ?? '');
  await page.notebook.runCell(4);
  await expect(outputs(page, 4)).toContainText('execute_tool');

  await page.locator(STATUS).focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.jp-WorkbenchDetails')).toContainText('Input tokens');
  await page.screenshot({ path: path.join(SHOTS, 'light.png') });
  await page.keyboard.press('Escape');
  await page.theme.setDarkTheme();
  await page.screenshot({ path: path.join(SHOTS, 'dark.png') });
});

test('a cell is coloured as its magic says, and again when its first line changes', async ({ page, tmpPath }) => {
  await openNotebook(page, `${tmpPath}/ask.ipynb`, '%%llm\nIf in doubt, and not sure, return "None".', TOOL, SQL, 'plain = not None', '%%llm\nSay {{ name or "x" }} "twice".', '%%eval\n--usd 2 # dollars');
  await expect(language(page, 0)).toHaveAttribute('data-language', 'workbench-llm');
  await expect(line(page, 0, 0).locator('span')).toHaveText('%%llm');
  await expect(line(page, 0, 1).locator('span')).toHaveCount(0); // prose: no keywords, no strings
  await expect(language(page, 1)).toHaveAttribute('data-language', 'workbench-tool');
  await expect(line(page, 1, 1).locator('span').first()).toHaveText('def');
  await expect(language(page, 2)).toHaveAttribute('data-language', 'workbench-traces');
  await expect(line(page, 2, 1).locator('span').first()).toHaveText('SELECT');
  await expect(language(page, 3)).toHaveAttribute('data-language', 'python');
  await expect(language(page, 4)).toHaveAttribute('data-language', 'workbench-llm');
  await expect(line(page, 4, 1).locator('span').filter({ hasText: /^\{\{$/ })).toHaveCount(1);
  await expect(line(page, 4, 1).locator('span').filter({ hasText: /^"x"$/ })).toHaveCount(1); // Python in braces
  await expect(language(page, 5)).toHaveAttribute('data-language', 'workbench-eval');

  await page.notebook.setCell(0, 'code', 'if in_doubt and not sure: pass');
  await expect(language(page, 0)).toHaveAttribute('data-language', 'python');
  await expect(line(page, 0, 0).locator('span').first()).toHaveText('if');
});

test('without a notebook there is no status item', async ({ page }) => {
  await expect(page.locator(STATUS)).toBeHidden();
});

test('where the server extension is missing, the status item says how to mend it', async ({ page, tmpPath }) => {
  await page.route('**/workbench/version*', route => route.fulfill({ status: 404, body: '<html></html>' }));
  await openNotebook(page, `${tmpPath}/ask.ipynb`, '1 + 1');
  await expect(page.locator(STATUS)).toContainText('—');
  await expect(page.locator(STATUS)).toHaveAttribute('title', /jupyter server extension enable workbench/);
  await page.evaluate(() => void window.jupyterapp.commands.execute('workbench:show-traces'));
  await expect(page.locator('.jp-WorkbenchTraces')).toContainText('jupyter server extension enable workbench');
});

test('a server of another version is named', async ({ page, tmpPath }) => {
  await page.route('**/workbench/version*', route => route.fulfill({ json: { version: '99.0' } }));
  await openNotebook(page, `${tmpPath}/ask.ipynb`, '1 + 1');
  await expect(page.locator(STATUS)).toHaveAttribute('title', /server has 99\.0/);
  await page.evaluate(() => void window.jupyterapp.commands.execute('workbench:show-traces'));
  await expect(page.locator('.jp-WorkbenchTraces')).toContainText('Restart the server and reload the page.');
});
