import path from 'node:path';

import { expect, test } from '@jupyterlab/galata';

import { barriers } from './barriers';
import { openNotebook } from './notebook';

const SHOTS = process.env.WORKBENCH_SCREENSHOTS ?? 'test-results';
const HOSTILE = '<img src=x onerror=window.hit=1>';

/** Calls of three models over two days, an evaluation with a program of unknown cost, and a stream that is learned. */
const MAKE = `
import math, random
from datetime import UTC, datetime, timedelta
from workbench import traces
draw = random.Random(0)
now = datetime.now(UTC)

def call(model, **more):
    with traces.span("chat", "chat") as span:
        span.set(model=model, input_tokens=draw.randint(200, 900), output_tokens=draw.randint(40, 300),
                 cache_read_tokens=draw.randint(0, 150), reasoning_tokens=draw.randint(0, 30), **more)
        return span

for number in range(60):
    call("openai:gpt-5-mini", cost_usd=0.002 + 0.001 * draw.random(), method="cot")
    call("anthropic:claude-sonnet-5", cost_usd=0.01 + 0.005 * draw.random(), method="react")
    call("local:qwen ${HOSTILE}", cost_reason="no price for local:qwen", method="direct")
for number in range(5):
    try:
        with traces.span("chat", "chat") as span:
            span.set(model="openai:gpt-5-mini")
            raise TimeoutError("no answer within 30 s ${HOSTILE}")
    except TimeoutError:
        pass

with traces.run("evaluation", "three methods ${HOSTILE}") as run:
    for program, right, cost in (("direct", 0.5, 0.001), ("cot", 0.72, 0.004), ("votes", 0.8, 0.012), ("react ${HOSTILE}", 0.7, None)):
        for item in range(40):
            key = dict(run_id=run.run_id, program=program, sample_id=f"item-{item}", repetition=0)
            with traces.span("invoke_agent", f"{program} {item}") as top:
                call("openai:gpt-5-mini", cost_usd=cost, run_id=run.run_id)
            is_right = draw.random() < right
            traces.record("samples", **key, position=item, status="ok", input=f"What is {item} + {item}? ${HOSTILE}",
                          target=str(2 * item), output_text=str(2 * item + (not is_right)), output_kind="text",
                          trace_id=top.trace_id, started_at=now, duration_ms=12.5, calls=1, input_tokens=200,
                          output_tokens=40, cost_usd=cost, cost_reason=None if cost else "no price")
            traces.record("scores", **key, scorer="numeric", kind="bool", bool=is_right)

with traces.run("continual", "five tasks") as top_run:
    for strategy, kept in (("naive", 0.35), ("replay-200", 0.85)):
        for seed in range(2):
            with traces.run("continual", strategy, seed=seed, parameters={"strategy": strategy}) as run:
                for step in range(5):
                    for task in range(5):
                        value = 0.95 * kept ** (step - task) if task <= step else 0.1
                        run.metric("accuracy", min(1.0, value + 0.03 * draw.random()), step=step, task=str(task))
                    for epoch in range(12):
                        run.metric("loss", math.exp(-epoch / 4) + 0.1 * draw.random(), step=12 * step + epoch, task=str(step))
with traces.run("training", "without metrics"):
    pass
training = traces.run("training", "pocket, going on")
run = training.__enter__()
for step in range(40):
    run.metric("loss", 4 / (1 + step / 5), step=100 * step)
print("made", traces.query("SELECT count(*) FROM spans").item())
`;

const MORE = 'call("new:model", cost_usd=0.5)';

test('the dashboard draws what the store holds, live, down to the trace of a sample', async ({ page, tmpPath }) => {
  test.setTimeout(240_000);
  await openNotebook(page, `${tmpPath}/data.ipynb`, MAKE.trim());
  await page.sidebar.close('left');
  const open = () => page.evaluate(() => window.jupyterapp.commands.execute('workbench:open-dashboard'));
  const board = page.locator('.jp-WorkbenchDashboard');

  // before anything was recorded it says so; then it follows
  await page.getByRole('tab', { name: 'Launcher' }).click();
  await page.locator('.jp-LauncherCard', { hasText: 'Dashboard' }).click();
  await expect(board).toContainText('Nothing was recorded in this project yet');
  await page.notebook.activate('data.ipynb');
  await page.notebook.runCell(0);
  await expect(page.locator('.jp-OutputArea-output').first()).toContainText('made');
  await open();
  const facts = board.locator('.jp-WorkbenchFacts');
  await expect(facts).toContainText('345');
  await expect(facts).toContainText('+ ?'); // what is known of the cost, and that some is not
  await expect(board).toContainText('The cost of 105 calls is unknown: it is not counted as zero.');
  await expect(board.getByRole('img', { name: /Latency/ })).toBeVisible();
  await expect(board.locator('.jp-WorkbenchTable-words').first()).toContainText(`no answer within`);
  await board.getByText('The same as a table').nth(1).click();
  await expect(board.locator('details[open] table')).toContainText('read from the cache');
  await page.screenshot({ path: path.join(SHOTS, 'dashboard-light.png') });
  expect(await barriers(page, '.jp-WorkbenchDashboard')).toEqual([]);
  await board.getByLabel('Model', { exact: true }).selectOption('anthropic:claude-sonnet-5');
  await expect(facts.locator('dd').first()).toHaveText('60');
  await board.getByLabel('Model', { exact: true }).selectOption('');

  await page.evaluate(async code => {
    const { kernels, sessions } = window.jupyterapp.serviceManager;
    await sessions.refreshRunning();
    const [session] = sessions.running();
    await kernels.connectTo({ model: session.kernel! }).requestExecute({ code }).done;
  }, MORE);
  await expect(facts.locator('dd').first()).toHaveText('346'); // without a click

  await board.getByRole('tab', { name: 'Evaluations' }).click();
  await expect(board.getByRole('img', { name: /Accuracy against cost/ })).toBeVisible();
  await expect(board).toContainText('unknown cost');
  await board.getByRole('navigation').getByRole('button').first().click();
  await expect(board).toContainText('160 samples');
  await board.getByLabel('Verdict', { exact: true }).selectOption('wrong');
  await expect(board.getByRole('status')).not.toHaveText('160 samples');
  await page.screenshot({ path: path.join(SHOTS, 'evaluation-light.png') });
  expect(await barriers(page, '.jp-WorkbenchDashboard')).toEqual([]);

  await page.theme.setDarkTheme();
  await board.getByRole('tab', { name: 'Cost, tokens' }).click();
  await expect(facts.locator('dd').first()).toHaveText('346');
  await page.screenshot({ path: path.join(SHOTS, 'dashboard-dark.png') });
  await board.getByRole('tab', { name: 'Training' }).click();
  await board.getByRole('button', { name: /five tasks/ }).click();
  await expect(board.locator('.jp-WorkbenchHeat')).toHaveCount(2);
  await expect(board.locator('.jp-WorkbenchHeat').first()).toContainText('2 seeds');
  await expect(board.getByRole('img', { name: 'loss over steps' })).toBeVisible();
  await page.screenshot({ path: path.join(SHOTS, 'learning-dark.png') });
  expect(await barriers(page, '.jp-WorkbenchDashboard')).toEqual([]);
  await board.getByRole('button', { name: /pocket, going on/ }).click();
  await expect(board.getByText('running')).toBeVisible();
  await board.getByRole('button', { name: /without metrics/ }).click();
  await expect(board).toContainText('This run has no metrics yet.');

  await board.getByRole('tab', { name: 'Evaluations' }).click();
  await board.getByRole('navigation').getByRole('button').first().click();
  await board.getByRole('button', { name: 'item-0' }).first().click();
  await expect(page.locator('.jp-WorkbenchTrace')).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { hit?: number }).hit)).toBeUndefined();
});
