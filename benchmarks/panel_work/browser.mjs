// Chromium opens the panel as a person does, and says in milliseconds when what was asked for was painted.
//
//     node browser.mjs WHAT        WHAT is JSON: {labs: {on, off}, token, chromium, modules, repeats, traces, pages}
//
// The last line is one JSON object.
import { utimesSync } from 'node:fs';
import { createRequire } from 'node:module';

const what = JSON.parse(process.argv[2]);
const { chromium } = createRequire(`${what.modules}/`)('playwright-core');
const PATIENCE = 120_000;
const ROW = '.jp-WorkbenchTraces-lines[data-trace]';
const BODY = '.jp-WorkbenchTraces-body';
const TREE = '.jp-WorkbenchTrace-body [role="treeitem"] .jp-WorkbenchWaterfall-lane'; // a row that was read
const HEAD = '.jp-WorkbenchTrace-head .jp-WorkbenchTraces-totals';

const browser = await chromium.launch({ executablePath: what.chromium, args: ['--no-sandbox'] });

/** A page of its own, without anything kept from the one before but the browser's cache of code. */
async function fresh() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  return page;
}

/** Loads JupyterLab; milliseconds until it was restored, and the bytes of our code that came meanwhile. */
async function start(page, url) {
  let bytes = 0;
  const reading = [];
  page.on('response', response => {
    if (/\/extensions\/research-workbench\/.*\.js/.test(response.url())) {
      reading.push(response.body().then(body => (bytes += body.length), () => undefined));
    }
  });
  await page.goto(`${url}/lab?token=${what.token}&reset`);
  await page.waitForFunction(() => window.jupyterapp !== undefined);
  const ms = await page.evaluate(async () => {
    await window.jupyterapp.restored;
    return performance.now();
  });
  await page.waitForTimeout(1500);
  await Promise.all(reading);
  return { ms, bytes };
}

/** Touches the store, so that the server answers nothing from memory. */
function touch() {
  utimesSync(what.store, new Date(), new Date());
}

/** Watches in the page from an event on until a test holds and the frame with it was painted. */
async function watched(page, event, test, argument, act) {
  touch();
  await page.evaluate(
    ([name, source, given]) => {
      const holds = new Function('given', `return (${source})(given)`);
      window.measured = new Promise(resolve => {
        window.addEventListener(
          name,
          () => {
            const began = performance.now();
            const look = () =>
              holds(given)
                ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)))
                : requestAnimationFrame(look);
            look();
          },
          { capture: true, once: true }
        );
      });
    },
    [event, test.toString(), argument]
  );
  await act();
  return page.evaluate(() => window.measured);
}

const settled = page => page.waitForSelector(`${BODY}[aria-busy="false"]`);

/** From the click on the panel's tab to its first rows. */
async function firstPage(page) {
  const tab = page.locator('.jp-SideBar [data-id="research-workbench-traces"]');
  return watched(page, 'pointerdown', row => document.querySelector(row) !== null, ROW, () => tab.click());
}

/** From the choice of a value to the rows that it lets through; `aria-busy` is on while they are asked for. */
async function filterChange(page, label, value) {
  const select = page.getByLabel(label, { exact: true });
  await page.waitForFunction(
    ([selector, wanted]) =>
      [...document.querySelectorAll(selector)].some(one => [...one.options].some(option => option.value === wanted)),
    ['.jp-WorkbenchTraces-form select', value]
  );
  return changed(page, 'change', () => select.selectOption(value));
}

/** From the event to the rows that came after a question; an answer may come between two frames, so changes are watched. */
async function changed(page, event, act) {
  await page.evaluate(() => {
    window.wasBusy = false;
    window.busyness ??= new MutationObserver(() => (window.wasBusy = true));
    window.busyness.observe(document.body, { subtree: true, attributeFilter: ['aria-busy'] });
  });
  return watched(
    page,
    event,
    body => window.wasBusy && document.querySelector(body)?.getAttribute('aria-busy') === 'false',
    BODY,
    act
  );
}

/** From the command to the first rows of a trace; `window.whole` comes to the time until all of it was read. */
async function openTrace(page, trace) {
  await page.evaluate(async () => {
    for (const widget of [...window.jupyterapp.shell.widgets('main')]) {
      widget.close();
    }
  });
  await page.waitForFunction(tree => document.querySelector(tree) === null, TREE);
  return watched(page, 'workbench-open', tree => document.querySelector(tree) !== null, TREE, () =>
    page.evaluate(
      ([id, head]) => {
        const began = performance.now();
        window.dispatchEvent(new Event('workbench-open'));
        void window.jupyterapp.commands.execute('workbench:open-trace', { trace: id });
        window.whole = new Promise(resolve => {
          const look = () => {
            const words = document.querySelector(head)?.textContent ?? '…';
            return words.includes('…') ? requestAnimationFrame(look) : resolve(performance.now() - began);
          };
          look();
        });
      },
      [trace, HEAD]
    )
  );
}

/** Frames a second while the tree of a trace is scrolled for three seconds, a row's height and a half each frame. */
async function scrolling(page) {
  return page.evaluate(async () => {
    const box = document.querySelector('.jp-WorkbenchTrace-body [role="tree"]');
    box.scrollTop = 0; // the view began at the span that tells most
    await new Promise(resolve => setTimeout(resolve, 500));
    const times = [];
    const until = performance.now() + 3000;
    await new Promise(resolve => {
      const step = now => {
        times.push(now);
        box.scrollTop += 40;
        if (now < until && box.scrollTop + box.clientHeight < box.scrollHeight) {
          requestAnimationFrame(step);
        } else {
          resolve();
        }
      };
      requestAnimationFrame(step);
    });
    const gaps = times.slice(1).map((time, index) => time - times[index]);
    return { fps: (1000 * gaps.length) / (times.at(-1) - times[0]), longest_ms: Math.max(...gaps) };
  });
}

/** From the address of a trace in a product's own pages to the text that is in its spans. */
async function openPage(found) {
  const page = await fresh();
  try {
    await page.goto(found.warm ?? found.url, { waitUntil: 'networkidle' });
    const began = Date.now();
    await page.goto(found.url);
    await page.getByText(found.text).first().waitFor();
    return Date.now() - began;
  } finally {
    await page.context().close();
  }
}

const figures = { startup_on: [], startup_off: [], bytes: [], first_page: [], filter: [], search: [], trace: [] };
Object.assign(figures, { trace_whole: [], trace_1000: [], fps: [], longest_frame: [], pages: {} });

for (let time = 0; time < what.repeats.startup; time++) {
  for (const name of time % 2 ? ['off', 'on'] : ['on', 'off']) {
    const page = await fresh();
    const { ms, bytes } = await start(page, what.labs[name]);
    figures[`startup_${name}`].push(ms);
    if (name === 'on') {
      figures.bytes.push(bytes);
      figures.first_page.push(await firstPage(page));
    }
    await page.context().close();
  }
}

const page = await fresh();
await start(page, what.labs.on);
await firstPage(page);
await settled(page);
await page.getByRole('button', { name: /^Filter/ }).click();
for (let time = 0; time < what.repeats.panel; time++) {
  figures.filter.push(await filterChange(page, 'Model', what.models[time % what.models.length]));
  await settled(page);
  await changed(page, 'click', () => page.getByRole('button', { name: /^Remove the filter/ }).first().click());
  await settled(page);
}
for (let time = 0; time < what.repeats.search; time++) {
  const box = page.getByRole('searchbox');
  figures.search.push(await changed(page, 'input', () => box.fill(what.words[time % what.words.length])));
  await settled(page);
}
for (let time = 0; time < what.repeats.trace; time++) {
  figures.trace.push(await openTrace(page, what.traces.ten_thousand));
  figures.trace_whole.push(await page.evaluate(() => window.whole));
  const { fps, longest_ms } = await scrolling(page);
  figures.fps.push(fps);
  figures.longest_frame.push(longest_ms);
  figures.trace_1000.push(await openTrace(page, what.traces.thousand));
}
await page.context().close();
for (const [name, found] of Object.entries(what.pages)) {
  figures.pages[name] = [];
  for (let time = 0; time < what.repeats.trace; time++) {
    figures.pages[name].push(await openPage(found).catch(error => String(error).split('\n')[0]));
  }
}
await browser.close();
console.log(JSON.stringify(figures));
