import path from 'node:path';

import { expect, test } from '@jupyterlab/galata';

import { openNotebook } from '../tests/notebook';

const SHOTS = process.env.WORKBENCH_SCREENSHOTS ?? 'test-results';

const CELLS = [
  '%load_ext workbench',
  '%%llm\nWhat is {{ 20 + 7 }} plus 45?',
  '%%tool\ndef add(a: int, b: int) -> int:\n    """Add two numbers."""\n    return a + b',
  '%%llm --tools add\nWhat is 417 plus 45?',
  '%%llm --method self_consistency --param n=5 --param temperature=0.8\nWhat is 58 plus 31?',
  '%%eval -o sums\n--tasks addition(20)\n--programs direct,votes=self_consistency(n=3)',
  '%%traces\nSELECT operation, count(*) AS spans, sum(output_tokens) AS tokens FROM spans GROUP BY operation'
];

/** The pictures of docs/tour.md, which docs/tour.py makes. */
test('the tour', async ({ page, tmpPath }) => {
  test.setTimeout(500_000);
  const shot = (name: string) => page.screenshot({ path: path.join(SHOTS, `tour-${name}.png`) });
  const run = (command: string, args = {}) =>
    page.evaluate(([id, given]) => void window.jupyterapp.commands.execute(id as string, given as object), [command, args]);
  const row = (text: string) => page.locator('.jp-WorkbenchTraces [role=treeitem]').filter({ hasText: text }).first();
  await openNotebook(page, `${tmpPath}/sums.ipynb`, ...CELLS);
  await page.notebook.run();
  const outputs = page.locator('.jp-Notebook .jp-CodeCell .jp-OutputArea');
  await expect(outputs.last()).toContainText('execute_tool', { timeout: 300_000 });

  await run('workbench:show-traces');
  await expect(row('What is 417 plus 45?')).toBeVisible();
  await page.evaluate(() => document.querySelector('.jp-Notebook .jp-WindowedPanel-outer')?.scrollTo(0, 0));
  await page.waitForTimeout(500); // the pictures are of a page at rest
  await shot('panel');
  await row('What is 417 plus 45?').click();
  await expect(page.locator('.jp-WorkbenchDetail [data-role=assistant]').last()).toContainText('462');
  await page.waitForTimeout(500);
  await shot('trace');
  await page.theme.setDarkTheme();
  await page.waitForTimeout(500);
  await shot('trace-dark');
  await row('What is 58 plus 31?').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Compare with the Open Trace' }).click();
  await expect(page.locator('.jp-WorkbenchComparison')).toContainText('Output tokens');
  await page.waitForTimeout(500);
  await shot('comparison-dark');
  await page.theme.setLightTheme();
  await run('workbench:open-dashboard');
  await expect(page.locator('.jp-WorkbenchDashboard')).toContainText('pocket');
  await page.sidebar.close('left');
  await page.waitForTimeout(1000);
  await shot('dashboard');
});
