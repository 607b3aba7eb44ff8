import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, InputDialog, Notification, WidgetTracker } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';

import { type ISpanDetail, type IWhere, StoreClient, isMissing } from './api';
import { cellCalled, findCell, insertBelow } from './cells';
import { faultOf } from './faults';
import { Rendering } from './messages/rendering';
import { makeRoom } from './room';
import { type IOpened, TraceTab } from './trace/tab';
import type { ITraceActions } from './trace/view';

const RECENT = 50;
const NOTEBOOK = 'Notebook';

/** Everything that a trace can do in JupyterLab. */
export class Desk implements ITraceActions {
  readonly tracker = new WidgetTracker<TraceTab>({ namespace: 'research-workbench-traces' });
  readonly rendering = new Rendering();

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly notebooks: INotebookTracker,
    private readonly rendermime: IRenderMimeRegistry,
    readonly trans: TranslationBundle,
    /** Where views go: Notebook 7 shows one document alone in its main area. */
    private readonly area: 'main' | 'down'
  ) {}

  /** Which store is meant: that of the notebook in front. */
  get where(): IWhere {
    const path = this.notebooks.currentWidget?.context.path;
    return path ? { path: this.app.serviceManager.contents.localPath(path) } : {};
  }

  /** The notebook in front where an answer in it has a trace, wherever that is; else nothing. */
  get answered(): string {
    const panel = this.notebooks.currentWidget;
    const isAnswered = panel?.content.widgets.some(cell => cellCalled(cell.model) !== null);
    return panel && isAnswered ? PathExt.basename(panel.context.path) : '';
  }

  get client(): StoreClient {
    return new StoreClient(this.app.serviceManager.serverSettings, this.where);
  }

  openTrace = (trace: string, span: string | null = null, where: IWhere = this.where, isNew = false): void => {
    void this.open({ trace, other: null, where }, span, isNew);
  };

  /** Opens the view of a trace, or of two: its own tab, or the last one's place, unless a new one is wanted. */
  async open(opened: IOpened, span: string | null = null, isNew = false): Promise<void> {
    // one tab for each trace: its name leads back to it when the page is loaded again
    const id = `research-workbench-trace-${opened.trace}-${opened.other ?? ''}`;
    const tabOf = () => this.tracker.find(tab => tab.id === id);
    const client = new StoreClient(this.app.serviceManager.serverSettings, opened.where);
    const { trace, other, title = '' } = opened;
    const screen = other === null && !tabOf() ? client.screen(trace, span) : null; // while the view is made
    screen?.catch(() => undefined);
    const views = await import('./views');
    const same = tabOf();
    if (same && span === null) {
      this.app.shell.activateById(id);
      return;
    }
    same?.dispose();
    const before = isNew ? null : this.tracker.currentWidget;
    const shared = { client, trans: this.trans, faultOf: (problem: unknown) => faultOf(problem, this.trans) };
    const content =
      other === null
        ? views.traceWidget({
            ...shared,
            traceId: trace,
            screen: screen ?? client.screen(trace, span),
            spanId: span,
            rendermime: this.rendermime,
            rendering: this.rendering,
            actions: this,
            onTitle: first => name(title || first)
          })
        : views.comparisonWidget({
            ...shared,
            a: trace,
            b: other,
            onOpen: (id, spanId) => this.openTrace(id, spanId, opened.where)
          });
    const tab = new TraceTab(content, opened);
    const name = (title: string) => {
      tab.title.label = title.length > 40 ? `${title.slice(0, 40)}…` : title;
      tab.title.caption = title;
    };
    tab.id = id;
    name(title || (other === null ? this.trans.__('Trace') : this.trans.__('Two traces')));
    const { shell } = this.app;
    shell.add(tab, this.area, before ? { ref: before.id, mode: 'tab-after' } : { mode: 'tab-after' });
    await this.tracker.add(tab);
    before?.dispose();
    shell.activateById(id);
    if (this.area === 'down') {
      makeRoom(tab);
    }
  }

  showCell = (notebook: string, cell: string): void => {
    void this.reveal(notebook, cell);
  };

  askAgain = (trace: string, span: string): void => {
    void this.ask(trace, span).catch(error => this.complain(error));
  };

  compare = (trace: string): void => {
    void this.choose(trace).catch(error => this.complain(error));
  };

  addToDataset = (traces: string[]): void => {
    void this.add(traces).catch(error => this.complain(error));
  };

  exportTraces = (traces: string[]): void => {
    void this.save(traces).catch(error => this.complain(error));
  };

  /** Opens the trace of a cell: the one that its output names, or the last one that it asked. */
  async openTraceOf(panel: NotebookPanel): Promise<void> {
    const cell = panel.content.activeCell;
    const known = cell && cellCalled(cell.model);
    const where = { path: this.app.serviceManager.contents.localPath(panel.context.path) };
    if (known) {
      return this.open({ trace: known, other: null, where });
    }
    const client = new StoreClient(this.app.serviceManager.serverSettings, where);
    try {
      const found = cell && (await client.traces({ cell_id: cell.model.id, limit: 1 })).rows[0];
      if (found) {
        return this.open({ trace: found.trace_id, other: null, where });
      }
    } catch (error) {
      if (!isMissing(error)) {
        return this.complain(error);
      }
    }
    Notification.info(this.trans.__('This cell has asked no model yet.'), { autoClose: 3000 });
  }

  /** Opens the notebook at the cell that asked a trace. */
  async showCellOf(trace: string | null): Promise<void> {
    const found = trace && (await this.client.trace(trace).catch(error => this.complain(error)));
    if (!found) {
      return;
    }
    const { notebook, cell_id } = found.spans;
    const row = notebook.findIndex((name, at) => name !== null && cell_id[at] !== null);
    if (row < 0) {
      Notification.info(this.trans.__('No cell asked this trace.'), { autoClose: 3000 });
      return;
    }
    const name = notebook[row] as string;
    await this.reveal(found.notebooks[name] ?? name, cell_id[row] as string);
  }

  private async reveal(path: string, cell: string): Promise<NotebookPanel | null> {
    const panel = await this.notebook(path);
    if (!panel) {
      Notification.warning(this.trans.__('The notebook %1 cannot be opened.', path));
      return null;
    }
    if (!(await findCell(panel, cell))) {
      Notification.warning(this.trans.__('The cell is no longer in %1.', PathExt.basename(path)), { autoClose: 5000 });
    }
    return panel;
  }

  private async notebook(path: string): Promise<NotebookPanel | null> {
    const { contents } = this.app.serviceManager;
    let panel = this.notebooks.find(one => contents.localPath(one.context.path) === path) ?? null;
    if (!panel) {
      try {
        panel = await this.app.commands.execute('docmanager:open', { path, factory: NOTEBOOK });
      } catch {
        return null;
      }
    }
    if (!panel?.content) {
      return null;
    }
    await panel.context.ready;
    await panel.revealed;
    this.app.shell.activateById(panel.id);
    return panel;
  }

  private async ask(trace: string, span: string): Promise<void> {
    const { client, trans } = this;
    const [{ cellOf }, { askedOf }, { saidOf }] = await Promise.all([
      import('./trace/again'),
      import('./trace/asked'),
      import('./trace/detail')
    ]);
    const { spans } = await client.trace(trace);
    // a tool call has no messages: then what the whole trace was asked, or its first call
    for (const id of [span, spans.span_id[0], spans.span_id[spans.model.findIndex(model => model !== null)]]) {
      const detail: ISpanDetail | null = id ? await client.span(id, 1000) : null;
      if (!detail) {
        continue;
      }
      const read = detail.messages.filter(message => message.direction === 'input');
      const whole = read.map(async one => saidOf(one.is_cut ? await client.message(one.message_hash) : one));
      const asked = askedOf(detail, await Promise.all(whole));
      if (asked && read.length >= detail.input_messages) {
        const path = detail.span.notebook_path ?? detail.span.notebook;
        const panel = (path ? await this.notebook(path) : null) ?? this.notebooks.currentWidget;
        if (!panel) {
          throw new Error(trans.__('Open a notebook, and ask again.'));
        }
        this.app.shell.activateById(panel.id);
        await insertBelow(panel, detail.span.cell_id, cellOf(asked));
        return;
      }
    }
    throw new Error(trans.__('What was asked is not stored, so it cannot be asked again.'));
  }

  private async choose(trace: string): Promise<void> {
    const { client, trans } = this;
    const { titleOf } = await import('./traces/row');
    const { when } = await import('./amounts');
    const rows = (await client.traces({ limit: RECENT })).rows.filter(row => row.trace_id !== trace);
    const now = new Date();
    const items = rows.map(
      (row, index) => `${index + 1}. ${when(new Date(row.started_at), now)} · ${titleOf(row).slice(0, 60)}`
    );
    const chosen = await InputDialog.getItem({ title: trans.__('Compare with'), items });
    const other = rows[items.indexOf(chosen.value ?? '')];
    if (chosen.button.accept && other) {
      await this.open({ trace, other: other.trace_id, where: this.where });
    }
  }

  private async add(traces: string[]): Promise<void> {
    const { client, trans } = this;
    const given = await InputDialog.getText({
      title: trans.__('Add to a data set'),
      label: trans.__('A .jsonl file below the server’s root folder; it is made if it is missing'),
      text: 'picked.jsonl',
      okLabel: trans.__('Add')
    });
    if (!given.button.accept || !given.value) {
      return;
    }
    const done = await client.addToDataset(given.value, traces);
    const words = [
      trans._n('%1 trace was added to %2.', '%1 traces were added to %2.', done.added, done.path),
      done.known > 0 ? trans.__('%1 were in it already.', done.known) : '',
      done.without_question > 0 ? trans.__('Of %1 no question is stored.', done.without_question) : ''
    ];
    Notification.success(words.filter(Boolean).join(' '), { autoClose: 5000 });
  }

  private async save(traces: string[]): Promise<void> {
    const { client, trans } = this;
    const formats = {
      [trans.__('OpenTelemetry (JSON lines): whole traces')]: 'otlp',
      [trans.__('Chat (JSON lines): calls, as for fine-tuning')]: 'chat'
    } as const;
    const chosen = await InputDialog.getItem({ title: trans.__('Save as'), items: Object.keys(formats) });
    if (!chosen.button.accept || !chosen.value) {
      return;
    }
    const format = formats[chosen.value];
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await client.exportTraces(traces, format));
    link.download = `${traces.length === 1 ? `trace-${traces[0].slice(0, 8)}` : `${traces.length}-traces`}.${format}.jsonl`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  private complain(error: unknown): void {
    const { message, hint } = faultOf(error, this.trans);
    const words = error instanceof Error && message === String(error) ? error.message : message;
    Notification.error([words, hint].filter(Boolean).join(' '));
    Dialog.flush();
  }
}
