import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import type { Widget } from '@lumino/widgets';

import { type IWhere, StoreClient } from '../api';
import { faultOf } from '../faults';

const OPEN = 'workbench:open-dashboard';
const OPEN_TRACE = 'workbench:open-trace'; // of the plugin of traces

/** The dashboard of a store. */
class DashboardTab extends MainAreaWidget {
  constructor(
    content: Widget,
    /** To open it again, when the page is loaded again. */
    readonly where: IWhere
  ) {
    super({ content });
  }
}

const icon = new LabIcon({
  name: 'research-workbench:dashboard',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16"><g class="jp-icon3" fill="#616161">' +
    '<path d="M3 20V4h2v14h16v2zM8 16v-5h3v5zm5 0V6h3v10zm5 0V9h3v7z"/></g></svg>'
});

export const dashboard: JupyterFrontEndPlugin<void> = {
  id: 'research-workbench:dashboard',
  description: 'Draws cost, tokens, latency and errors, evaluations down to their samples, and learning as it goes.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ILabShell, ICommandPalette, ILauncher, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    labShell: ILabShell | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('research_workbench');
    const tracker = new WidgetTracker<DashboardTab>({ namespace: 'research-workbench-dashboard' });
    const { commands, serviceManager, shell } = app;

    const make = async (where: IWhere) => {
      const { DashboardWidget } = await import('./page');
      const content = new DashboardWidget({
        client: new StoreClient(serviceManager.serverSettings, where),
        trans,
        faultOf: problem => faultOf(problem, trans),
        onTrace: (trace, span) => {
          if (commands.hasCommand(OPEN_TRACE)) {
            void commands.execute(OPEN_TRACE, { trace, span: span ?? null, where: { ...where }, same: true });
          }
        }
      });
      const tab = new DashboardTab(content, where);
      tab.id = 'research-workbench-dashboard';
      tab.title.label = trans.__('Dashboard');
      tab.title.icon = icon;
      tab.title.closable = true;
      tab.toolbar.hide(); // there is nothing in it
      shell.add(tab, labShell ? 'main' : 'down');
      await tracker.add(tab);
      return tab;
    };

    commands.addCommand(OPEN, {
      label: args => (args.isPalette ? trans.__('Open the Dashboard') : trans.__('Dashboard')),
      caption: trans.__('What calls cost and took, how right the answers were, and how learning goes'),
      icon: args => (args.isPalette ? undefined : icon),
      execute: async args => {
        const path = notebooks.currentWidget?.context.path;
        const where = (args.where as IWhere | undefined) ?? (path ? { path: serviceManager.contents.localPath(path) } : {});
        const tab = tracker.find(one => !one.isDisposed) ?? (await make(where));
        shell.activateById(tab.id);
      }
    });
    palette?.addItem({ command: OPEN, category: trans.__('Research workbench'), args: { isPalette: true } });
    launcher?.add({ command: OPEN, category: trans.__('Other'), rank: 3 });
    if (restorer) {
      void restorer.restore(tracker, {
        command: OPEN,
        args: tab => ({ where: { ...tab.where } }),
        name: () => 'dashboard'
      });
    }
  }
};
