import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { IWhere } from './api';
import { copyText } from './answer';
import { cellCalled } from './cells';
import { Desk } from './desk';
import { traceIcon } from './icons';
import { TracesSide } from './traces/side';
import { pythonVersion } from './version';

declare const require: (path: string) => { version: string };

const ID = 'research-workbench:traces';

/** The commands, by what they do. */
export const COMMANDS = {
  showTraces: 'workbench:show-traces',
  openTrace: 'workbench:open-trace',
  showCellTrace: 'workbench:show-cell-trace',
  showCell: 'workbench:show-cell',
  askAgain: 'workbench:ask-again',
  compareWithOpen: 'workbench:compare-with-open',
  copyTraceId: 'workbench:copy-trace-id'
} as const;

export const traces: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Lists the traces of a project, shows each on its time, and leads from cells to traces and back.',
  autoStart: true,
  requires: [INotebookTracker, IRenderMimeRegistry],
  optional: [ILabShell, ILayoutRestorer, ICommandPalette, ISettingRegistry, IStateDB, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    rendermime: IRenderMimeRegistry,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null,
    state: IStateDB | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('research_workbench');
    const desk = new Desk(app, notebooks, rendermime, trans, labShell ? 'main' : 'down');
    const version = pythonVersion(require('../package.json').version);
    const side = new TracesSide({ desk, state, version });
    app.shell.add(side, 'left', { rank: 600, type: 'Traces' });

    addCommands(app, notebooks, desk, side);
    for (const command of [COMMANDS.showTraces, COMMANDS.showCellTrace]) {
      palette?.addItem({ command, category: trans.__('Research workbench') });
    }
    const follow = () => side.follow(PathExt.dirname(notebooks.currentWidget?.context.path ?? ''));
    notebooks.currentChanged.connect(follow);
    follow();

    // the cell's button comes with its first trace
    const refresh = () => app.commands.notifyCommandChanged(COMMANDS.showCellTrace);
    notebooks.activeCellChanged.connect(refresh);
    NotebookActions.executed.connect(refresh);

    if (restorer) {
      restorer.add(side, side.id);
      void restorer.restore(desk.tracker, {
        command: COMMANDS.openTrace,
        args: tab => tab.opened as unknown as ReadonlyPartialJSONObject,
        name: tab => tab.id
      });
    }
    void settings?.load(ID).then(
      loaded => {
        const apply = () => {
          side.isLive = loaded.composite['live'] !== false;
          desk.rendering.isOn = loaded.composite['markdown'] !== false;
        };
        loaded.changed.connect(apply);
        apply();
      },
      () => undefined // without its schema the panel is as it is by default
    );
  }
};

function addCommands(app: JupyterFrontEnd, notebooks: INotebookTracker, desk: Desk, side: TracesSide): void {
  const { commands } = app;
  const { trans } = desk;
  /** The trace on whose row the context menu was opened. */
  const hit = (): string | null => {
    const node = app.contextMenuHitTest(one => one.querySelector(':scope > [data-trace]') !== null);
    return node?.querySelector<HTMLElement>(':scope > [data-trace]')?.dataset.trace ?? null;
  };
  const given = (args: ReadonlyPartialJSONObject): string | null =>
    typeof args.trace === 'string' ? args.trace : hit();
  const activeTrace = () => {
    const cell = notebooks.activeCell;
    return cell ? cellCalled(cell.model) : null;
  };

  commands.addCommand(COMMANDS.showTraces, {
    label: trans.__('Show the Traces'),
    caption: trans.__('What was asked, of which model, and what it came to'),
    icon: traceIcon,
    execute: () => app.shell.activateById(side.id)
  });
  commands.addCommand(COMMANDS.openTrace, {
    label: trans.__('Open in a New Tab'),
    execute: args => {
      const trace = given(args);
      if (trace) {
        const other = typeof args.other === 'string' ? args.other : null;
        const where = (args.where as IWhere | undefined) ?? desk.where;
        const title = typeof args.title === 'string' ? args.title : '';
        const span = typeof args.span === 'string' ? args.span : null;
        return desk.open({ trace, other, where, title }, span, args.same !== true);
      }
      return undefined;
    }
  });
  commands.addCommand(COMMANDS.showCellTrace, {
    label: args => (args.toolbar ? '' : trans.__('Show the Cell’s Trace')),
    caption: trans.__('Show what this cell asked, call by call'),
    icon: traceIcon,
    isEnabled: () => notebooks.activeCell?.model.type === 'code',
    isVisible: args => !args.toolbar || activeTrace() !== null,
    execute: async () => {
      const panel = notebooks.currentWidget;
      if (panel) {
        await desk.openTraceOf(panel);
      }
    }
  });
  commands.addCommand(COMMANDS.showCell, {
    label: trans.__('Show the Cell'),
    execute: args => desk.showCellOf(given(args))
  });
  commands.addCommand(COMMANDS.askAgain, {
    label: trans.__('Ask Again as a Cell'),
    execute: args => {
      const trace = given(args);
      if (trace) {
        desk.askAgain(trace, typeof args.span === 'string' ? args.span : '');
      }
    }
  });
  commands.addCommand(COMMANDS.compareWithOpen, {
    label: trans.__('Compare with the Open Trace'),
    isEnabled: () => desk.tracker.currentWidget !== null,
    execute: args => {
      const [trace, open] = [given(args), desk.tracker.currentWidget?.opened.trace];
      return trace && open && trace !== open
        ? desk.open({ trace: open, other: trace, where: desk.where }, null, true)
        : undefined;
    }
  });
  commands.addCommand(COMMANDS.copyTraceId, {
    label: trans.__('Copy the Trace’s ID'),
    execute: args => copyText(given(args) ?? '')
  });
}
