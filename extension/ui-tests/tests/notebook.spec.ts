import path from 'node:path';

import { type IJupyterLabPageFixture, expect, test } from '@jupyterlab/galata';

import { openNotebook, openSettings } from './notebook';

const SHOTS = process.env.WORKBENCH_SCREENSHOTS ?? 'test-results';
const STATUS = '.jp-WorkbenchStatus-button';

const TOOL = '%%tool\ndef add(a: int, b: int) -> int:\n    """Add two numbers."""\n    return a + b';
const SQL = '%%traces\nSELECT operation, count(*) FROM spans GROUP BY operation';

/** A cell of the notebook in front. */
const cellOf = (page: IJupyterLabPageFixture, cell: number) =>
  page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell').nth(cell);
const line = (page: IJupyterLabPageFixture, cell: number, number: number) =>
  cellOf(page, cell).locator('.cm-line').nth(number);
const language = (page: IJupyterLabPageFixture, cell: number) => cellOf(page, cell).locator('.cm-content').first();
const outputs = (page: IJupyterLabPageFixture, cell: number) => cellOf(page, cell).locator('.jp-OutputArea');

test('a %%llm cell answers, and the status item counts it', async ({ page, tmpPath }) => {
  test.setTimeout(240_000);
  await expect(page.locator(STATUS)).toBeHidden(); // without a notebook
  const sources = ['%load_ext workbench', '%%llm\nWhat is 27 plus 45?', TOOL, '%%llm --tools add\nWhat is 417 plus 45?'];
  await openNotebook(page, `${tmpPath}/ask.ipynb`, ...sources, SQL, '%%llm --metho');
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

  // the kernel completes a magic's flags
  await page.notebook.enterCellEditingMode(5);
  await page.keyboard.press('End');
  const offered = page.locator('.jp-Completer-item').or(cellOf(page, 5)).filter({ hasText: '--method' });
  await expect(async () => {
    await page.keyboard.press('Tab'); // JupyterLab waits a second for a kernel, and no longer
    await expect(offered.first()).toBeVisible({ timeout: 3000 });
  }).toPass({ timeout: 60_000 });
  await page.keyboard.press('Escape');

  // a setting hides the status item at once, and shows it again
  const settings = await openSettings(page, 'Research workbench');
  await settings.getByLabel('Show the status item').uncheck();
  await page.notebook.activate('ask.ipynb');
  await expect(page.locator(STATUS)).toBeHidden();
  await openSettings(page, 'Research workbench');
  await settings.getByLabel('Show the status item').check();
  await page.notebook.activate('ask.ipynb');
  await expect(page.locator(STATUS)).toBeVisible();

  // what the kernel writes to another store, or on another machine, is said to be there
  await page.notebook.setCell(5, 'code', '%llm store elsewhere/traces.duckdb');
  await page.notebook.runCell(5);
  await page.notebook.runCell(1);
  await outputs(page, 1).getByRole('button', { name: 'trace', exact: true }).click();
  const missed = page.locator('.jp-WorkbenchTrace .jp-WorkbenchFault');
  await expect(missed).toContainText(/There is no trace .*The server reads .*traces\.duckdb\. Run %llm store/s);
  await expect(missed).toContainText('workbench traces import');

  // a cell is coloured as its magic says, and again when its first line changes
  const prompts = ['%%llm\nIf in doubt, and not sure, return "None".', '%%llm\nSay {{ name or "x" }} "twice".'];
  const cells = [prompts[0], TOOL, SQL, 'plain = not None', prompts[1], '%%eval\n--usd 2 # dollars'];
  await openNotebook(page, `${tmpPath}/coloured.ipynb`, ...cells);
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

test('a server extension that is missing or of another version is named, with what mends it', async ({ page, tmpPath }) => {
  const show = () => page.evaluate(() => void window.jupyterapp.commands.execute('workbench:show-traces'));
  await page.route('**/workbench/version*', route => route.fulfill({ status: 404, body: '<html></html>' }));
  await openNotebook(page, `${tmpPath}/one.ipynb`, '1 + 1');
  await expect(page.locator(STATUS)).toContainText('—');
  await expect(page.locator(STATUS)).toHaveAttribute('title', /jupyter server extension enable workbench/);
  await show();
  await expect(page.locator('.jp-WorkbenchTraces')).toContainText('jupyter server extension enable workbench');

  await page.route('**/workbench/version*', route => route.fulfill({ json: { version: '99.0' } }));
  await page.sidebar.close('left');
  await openNotebook(page, `${tmpPath}/other.ipynb`, '1 + 1');
  await expect(page.locator(STATUS)).toHaveAttribute('title', /server has 99\.0/);
  await show();
  await expect(page.locator('.jp-WorkbenchTraces')).toContainText('Restart the server and reload the page.');

  // nothing was traced here, but a notebook with an answer was: by a kernel on another machine, say
  const metadata = { workbench: { trace_id: '0123456789abcdef'.repeat(2) } };
  const answer = { output_type: 'display_data', data: { 'text/plain': '72' }, metadata };
  await page.unroute('**/workbench/version*');
  await openNotebook(page, `${tmpPath}/away.ipynb`, { source: '%%llm\nWhat is 27 plus 45?', outputs: [answer] });
  const panel = page.locator('.jp-WorkbenchTraces');
  await panel.getByRole('button', { name: 'Try again' }).click();
  await expect(panel).toContainText('The answers in away.ipynb were traced, but not in the store that the server reads.');
  await expect(panel).toContainText('Its kernel may run on another machine');
  await cellOf(page, 0).getByRole('button', { name: /what this cell asked/ }).click();
  await expect(page.locator('.jp-WorkbenchTrace .jp-WorkbenchFault')).toContainText('if it names another file');
});
