import path from 'node:path';

import { expect, test } from '@jupyterlab/galata';

import { barriers } from './barriers';
import { openNotebook, openSettings, pick } from './notebook';

const SHOTS = process.env.WORKBENCH_SCREENSHOTS ?? 'test-results';

/** A trace with what a person meets in one, every text of it hostile, and one of ten thousand spans. */
const MAKE = `
import asyncio
from datetime import UTC, datetime
from workbench import traces
from workbench.messages import Message, Reasoning, Text, ToolCall, Usage, system, user
from workbench.models import Attempt, Reply, Request, ScriptedModel, Traced

EVIL = '<img src="http://evil.test/x.png" onerror="window.hit=1"><script>window.hit=1</script>'
words = f"""## The plan

1. look it **up**
2. add [it](javascript:window.hit=1) {EVIL}

| city | people |
|---|---|
| Lima | 10,092,000 |

![picture](http://evil.test/y.png) <button class="workbench-rate" value="up">x</button>
<div style="background:url(http://evil.test/z.png)">styled</div>
\`\`\`mermaid
graph TD; A-->B
\`\`\`
"""
model = Traced(ScriptedModel(
    ToolCall("c1", f"search {EVIL}", {"query": f"cities {EVIL}"}),
    Message("assistant", (Reasoning(f"think {EVIL}"), Text(words))),
))
with traces.span("invoke_agent", f"invoke_agent researcher {EVIL}"):
    await model.reply(Request((system("Be brief."), user(f"How many people live in Lima? {EVIL}"))))
    for number in range(3):
        with traces.span("execute_tool", f"execute_tool search {EVIL}") as tool:
            tool.set(tool_name=f"search {EVIL}")
            await asyncio.sleep(0.01 * number)
    try:
        with traces.span("execute_tool", "execute_tool broken"):
            raise ValueError(f"no such city {EVIL}")
    except ValueError:
        pass
    await model.reply(Request((system("Be brief."), user("How many people live in Lima?"), user("Go on."))))
with traces.span("invoke_agent", "ten thousand spans"):
    for outer in range(99):
        with traces.span("invoke_agent", f"step {outer}"):
            for inner in range(100):
                with traces.span("execute_tool", f"execute_tool {inner}"):
                    pass

def tried(seconds, *failure):
    return Attempt(datetime.now(UTC), seconds, *failure)

tries = (tried(0.2, 503, "overloaded", f"try later {EVIL}"), tried(0.4, 429, "rate_limit"), tried(1.5, 200))
sunny = Message("assistant", (Text("It is sunny in Lima, and it will be sunny tomorrow."),))
late = Reply(sunny, Usage(12, 11), "stop", "scripted", attempts=tries)
with traces.span("invoke_agent", "invoke_agent weather"):
    async for _ in Traced(ScriptedModel(late, delay_seconds=0.02)).stream(Request((user("Is it sunny in Lima?"),))):
        pass
`;

test('a person follows what a notebook asked, from cell to trace and back', async ({ page, tmpPath }) => {
  test.setTimeout(360_000);
  const foreign = new Set<string>();
  page.on('request', request => {
    if (!/^(?:data|blob):/.test(request.url()) && new URL(request.url()).hostname !== '127.0.0.1') {
      foreign.add(request.url());
    }
  });
  const question = '%%llm --param temperature=0\nWhat is 27 plus 45?';
  await openNotebook(page, `${tmpPath}/traced.ipynb`, '%load_ext workbench', question, MAKE.trim());
  const rows = page.locator('.jp-WorkbenchTraces [role=treeitem]');
  const row = (text: string) => rows.filter({ hasText: text });
  const tree = page.locator('.jp-WorkbenchWaterfall [role=tree]');
  const detail = page.locator('.jp-WorkbenchDetail');

  // the panel says that there is nothing yet, and shows a trace as soon as a cell has asked
  await page.keyboard.press('Control+Alt+K');
  await expect(page.locator('.jp-WorkbenchTraces')).toContainText('Nothing was traced here yet');
  await page.notebook.runCell(0);
  await page.notebook.runCell(1);
  await expect(row('What is 27 plus 45?')).toContainText('pocket');
  await expect(page.locator('.jp-WorkbenchTraces-totals')).toContainText('1 call');
  await page.notebook.runCell(2);
  await expect(row('ten thousand spans')).toBeVisible();
  await expect(row('traced.ipynb')).toHaveAttribute('aria-expanded', 'true');

  // search and filters narrow it
  const search = page.locator('.jp-WorkbenchTraces').getByRole('searchbox');
  await search.fill('people lima');
  await expect(row('27 plus 45')).toHaveCount(0);
  await expect(row('How many people')).toBeVisible();
  await search.fill('');
  await expect(row('27 plus 45')).toBeVisible();
  await page.locator('.jp-WorkbenchTraces').getByRole('button', { name: 'Filter' }).click();
  await page.getByLabel('Status', { exact: true }).selectOption('error');
  await expect(row('27 plus 45')).toHaveCount(0);
  await expect(row('How many people')).toBeVisible();
  expect(await barriers(page, '.jp-WorkbenchTraces')).toEqual([]);
  await page.screenshot({ path: path.join(SHOTS, 'traces-filter-light.png') });
  await page.getByRole('button', { name: 'Remove the filter: failed' }).click();
  await page.locator('.jp-WorkbenchTraces').getByRole('button', { name: 'Filter' }).click();
  await expect(row('27 plus 45')).toBeVisible();

  // a trace shows its spans, and what was said; nothing of it runs or loads
  await row('How many people').click();
  await expect(detail.locator('.jp-RenderedMarkdown h2').first()).toContainText('The plan');
  await expect(detail.locator('table').first()).toContainText('Lima');
  await expect(detail.locator('img, button.workbench-rate, script, svg, [style*=url]')).toHaveCount(0);
  await expect(tree.locator('[aria-selected=true]')).toContainText('chat');
  await page.screenshot({ path: path.join(SHOTS, 'traces-light.png') });
  expect(await barriers(page, '.jp-WorkbenchTrace')).toEqual([]);
  await detail.getByRole('button', { name: 'Show the JSON' }).click();
  await expect(detail).toContainText('"operation": "chat"');
  await tree.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(tree.locator('[aria-selected=true]')).toContainText('execute_tool search <img');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(tree.locator('[role=treeitem]')).toHaveCount(1);
  await page.keyboard.press('ArrowRight');
  await expect(tree.locator('[role=treeitem]')).toHaveCount(7);

  // what a person says of it is stored, and shows again
  await detail.getByRole('button', { name: 'Thumbs up' }).click();
  await expect(detail.getByRole('button', { name: 'Thumbs up' })).toHaveAttribute('aria-pressed', 'true');
  await detail.getByPlaceholder('such as off-topic').fill('<b>odd</b>');
  await detail.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(detail.locator('.jp-WorkbenchFeedback-said')).toContainText('<b>odd</b>');
  await detail.getByLabel('What to add').selectOption('note');
  await detail.getByLabel('The note').fill('It forgot the question.');
  await page.keyboard.press('Enter');
  await expect(detail.locator('.jp-WorkbenchFeedback-said li')).toHaveCount(2);
  await detail.getByRole('button', { name: 'Take back: It forgot the question.' }).click(); // and it is gone
  await expect(detail.locator('.jp-WorkbenchFeedback-said li')).toHaveCount(1);
  await page.theme.setDarkHighContrastTheme();
  await page.screenshot({ path: path.join(SHOTS, 'traces-contrast.png') });
  expect(await barriers(page, '.jp-WorkbenchTrace', '.jp-WorkbenchTraces')).toEqual([]);
  await page.theme.setDarkTheme();
  await page.screenshot({ path: path.join(SHOTS, 'traces-dark.png') });
  expect(await barriers(page, '.jp-WorkbenchTrace', '.jp-WorkbenchTraces')).toEqual([]);

  // a call that was tried three times says so, and a stream when its first piece came
  await page.theme.setLightTheme();
  await row('Is it sunny in Lima?').click();
  const streamed = tree.locator('[aria-selected=true]');
  await expect(streamed.locator('.jp-WorkbenchWaterfall-badge')).toHaveText('↻3');
  await expect(streamed).toHaveAttribute('aria-label', /3 tries/);
  const edges = async (part: string) => {
    const box = await streamed.locator(`.jp-WorkbenchWaterfall-${part}`).boundingBox();
    return box ? [box.x, box.x + box.width] : [];
  };
  const [[start, end], [first]] = [await edges('bar'), await edges('first')];
  expect(start).toBeLessThan(first); // inside the call's bar: not at its start and not at its end
  expect(first).toBeLessThan(end);
  await expect(detail).toContainText('First piece after');
  await expect(detail.getByRole('table')).toContainText(/1\s*200 ms\s*503 · overloaded · try later/);
  await expect(detail.getByRole('table')).toContainText(/2\s*400 ms\s*429 · rate_limit/);
  await expect(detail.getByRole('table')).toContainText(/3\s*1\.5 s\s*answered/);
  await expect(detail.locator('[data-role=assistant]')).toContainText('sunny tomorrow');
  await page.screenshot({ path: path.join(SHOTS, 'traces-tried-light.png') });
  await page.theme.setDarkTheme();

  // ten thousand spans are rows, of which those in view are in the page
  await row('ten thousand spans').click();
  await expect(tree.locator('[role=treeitem]').first()).toContainText('ten thousand spans');
  await tree.focus();
  await page.keyboard.press('End');
  await expect(tree.locator('[aria-selected=true]')).toContainText('execute_tool 99');
  expect(await tree.locator('[role=treeitem]').count()).toBeLessThan(80);
  await page.locator('.jp-WorkbenchWaterfall').getByRole('button', { name: 'Fold' }).click();
  await expect(tree.locator('[aria-setsize="99"]').first()).toBeVisible();

  // from the trace to its cell, and from the cell to its trace; and the same question as a new cell
  await row('27 plus 45').click();
  await expect(detail.locator('[data-role=assistant]')).toContainText('72');
  await page.getByRole('button', { name: 'Show the cell' }).click();
  await expect(page.locator('.jp-Notebook .jp-CodeCell').nth(1)).toHaveClass(/jp-mod-active/);
  await page.locator('.jp-Notebook .jp-CodeCell').nth(1).getByRole('button', { name: /what this cell asked/ }).click();
  await expect(detail.locator('[data-role=assistant]')).toContainText('72');
  await row('How many people').click();
  await expect(detail.locator('[data-role=assistant]')).toContainText('The plan');
  await page.notebook.activate('traced.ipynb');
  await page.keyboard.press('Control+Alt+Enter');
  await expect(detail.locator('[data-role=assistant]')).toContainText('72');

  // settings have their effect at once: messages as they were written, and a list that waits until it is shown again
  await expect(detail.locator('.jp-RenderedMarkdown').first()).toBeVisible();
  const settings = await openSettings(page, 'Research workbench: traces');
  await settings.getByLabel('Render messages as Markdown').uncheck();
  await settings.getByLabel('Follow what happens').uncheck();
  await page.locator('.lm-TabBar-tab[data-id^=research-workbench-trace-]').click();
  await expect(detail.locator('.jp-RenderedMarkdown')).toHaveCount(0);
  await expect(detail.locator('[data-role=assistant]')).toContainText('72');
  await page.notebook.activate('traced.ipynb');
  await page.locator('.jp-Notebook').getByRole('button', { name: 'trace', exact: true }).click();
  await expect(detail.locator('[data-role=assistant]')).toContainText('72');
  await page.getByRole('button', { name: 'Ask again' }).click();
  const cell = page.locator('.jp-Notebook .jp-CodeCell').nth(2);
  await expect(cell.locator('.cm-content')).toHaveText("%%llm -m pocket --param temperature=0What is 27 plus 45?");
  await page.notebook.runCell(2);
  await expect(cell.locator('.jp-OutputArea')).toContainText('72');

  // traces are picked by the keyboard, into a data set and a file
  await expect(row('27 plus 45')).toHaveCount(1);
  await page.keyboard.press('Control+Alt+K'); // it is in front, and so goes nowhere
  await page.sidebar.close('left');
  await page.keyboard.press('Control+Alt+K');
  await expect(row('27 plus 45')).toHaveCount(2);
  await page.locator('.jp-WorkbenchTraces [role=tree]').focus();
  for (const key of ['End', 'x', 'Home', 'ArrowDown', 'x']) {
    await page.keyboard.press(key);
  }
  await expect(page.locator('.jp-WorkbenchTraces-picked')).toContainText('2 picked');
  expect(await barriers(page, '.jp-WorkbenchTraces')).toEqual([]);
  await page.getByRole('toolbar', { name: 'Picked traces' }).getByRole('button', { name: 'Dataset…' }).click();
  await page.locator('.jp-Dialog').getByRole('button', { name: 'Add' }).click();
  await expect(page.locator('.Toastify')).toContainText('2 traces were added to picked.jsonl.');
  await page.getByRole('toolbar', { name: 'Picked traces' }).getByRole('button', { name: 'Export…' }).click();
  const download = page.waitForEvent('download');
  await page.locator('.jp-Dialog').getByRole('button', { name: 'Ok' }).click();
  expect((await download).suggestedFilename()).toBe('2-traces.otlp.jsonl');
  await page.getByRole('toolbar', { name: 'Picked traces' }).getByRole('button', { name: 'None' }).click();

  // two traces beside each other
  await row('27 plus 45').first().click();
  await row('How many people').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Compare with the Open Trace' }).click();
  await expect(page.locator('.jp-WorkbenchComparison')).toContainText('Output tokens');
  await page.screenshot({ path: path.join(SHOTS, 'traces-compared-dark.png') });
  expect(await barriers(page, '.jp-WorkbenchComparison')).toEqual([]);

  expect(await page.evaluate(() => (window as unknown as { hit?: number }).hit)).toBeUndefined();

  // what was open comes back with the page: a trace and the dashboard, each on its store
  await row('27 plus 45').first().click();
  await expect(detail.locator('[data-role=assistant]')).toContainText('72');
  const kept = page.waitForResponse(response => {
    const request = response.request();
    const sent = request.method() === 'PUT' && response.url().includes('/api/workspaces') ? request.postData() : '';
    return (sent ?? '').split('research-workbench-dashboard:dashboard').length > 2; // with its place in the layout
  });
  await pick(page, 'Research workbench', ['Open the Dashboard', 'Show the Cell’s Trace', 'Show the Traces'], 'Open the Dashboard');
  const facts = page.locator('.jp-WorkbenchDashboard .jp-WorkbenchFacts');
  await expect(facts.locator('dd').first()).toHaveText('5'); // calls
  await kept;

  // it comes back in the language that is chosen, with the words that a language pack has
  const language = page.evaluate(() => void window.jupyterapp.commands.execute('jupyterlab-translation:eo'));
  await page.locator('.jp-Dialog .jp-mod-accept').click();
  await language.catch(() => undefined); // the page goes
  await expect(page.locator('.lm-TabBar-tab').filter({ hasText: 'Panelo' })).toBeVisible();
  await expect(facts.locator('dd').first()).toHaveText('5');
  await page.locator('.lm-TabBar-tab').filter({ hasText: 'What is 27 plus 45?' }).click();
  await expect(detail.locator('[data-role=assistant]')).toContainText('72');
  await expect(tree.locator('[aria-selected=true]')).toContainText('chat');
  await expect(detail.getByRole('heading', { name: 'Kio revenis' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Demandi denove' })).toBeVisible();
  await expect(page.locator('.jp-WorkbenchTrace-head')).toContainText('1 voko');
  await expect(detail.getByRole('heading', { name: 'What was sent' })).toBeVisible(); // which the pack has not

  expect(await page.evaluate(() => (window as unknown as { hit?: number }).hit)).toBeUndefined();
  expect([...foreign]).toEqual([]);
});
