import type { NotebookPanel } from '@jupyterlab/notebook';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel } from '@jupyterlab/ui-components';
import { Debouncer } from '@lumino/polling';

import { MissingServerError, fetchSpend, fetchVersion } from './api';
import type { ISpend } from './spend';

const PAUSE_MS = 150; // one read for a burst of cells

/** What the status bar says of the notebook in front: its spend, or why that is not known. */
export class SpendModel extends VDomModel {
  private panel: NotebookPanel | null = null;
  private currentSpend: ISpend | null = null;
  private currentProblem = '';
  private serverVersion: string | null = null;
  private readonly debounced = new Debouncer(() => this.read(), PAUSE_MS);

  constructor(
    private readonly options: {
      settings: ServerConnection.ISettings;
      localPath: (path: string) => string;
      trans: TranslationBundle;
      version: string;
    }
  ) {
    super();
  }

  get notebook(): NotebookPanel | null {
    return this.panel;
  }

  set notebook(panel: NotebookPanel | null) {
    if (panel === this.panel) {
      return;
    }
    this.panel?.context.pathChanged.disconnect(this.refresh, this);
    panel?.context.pathChanged.connect(this.refresh, this);
    this.panel = panel;
    this.currentSpend = null;
    this.stateChanged.emit();
    this.refresh();
  }

  /** The notebook's spend; null while it is not known. */
  get spend(): ISpend | null {
    return this.currentSpend;
  }

  /** What is wrong and how to mend it; empty when nothing is. */
  get problem(): string {
    return this.currentProblem;
  }

  /** Reads the spend again, soon. */
  refresh(): void {
    if (this.panel && !this.isDisposed) {
      void this.debounced.invoke();
    }
  }

  dispose(): void {
    this.debounced.dispose();
    super.dispose();
  }

  private async read(): Promise<void> {
    const panel = this.panel;
    if (!panel || panel.isDisposed) {
      return;
    }
    const { settings, localPath } = this.options;
    let spend: ISpend | null = null;
    let problem = '';
    try {
      this.serverVersion ??= await fetchVersion(settings);
      problem = this.mismatch(this.serverVersion);
      spend = await fetchSpend(settings, localPath(panel.context.path));
    } catch (error) {
      problem = this.explain(error);
    }
    if (panel === this.panel && !this.isDisposed) {
      this.currentSpend = spend;
      this.currentProblem = problem;
      this.stateChanged.emit();
    }
  }

  private mismatch(serverVersion: string): string {
    const { trans, version } = this.options;
    return serverVersion === version
      ? ''
      : trans.__(
          'This page has version %1 of the workbench and the server has %2. Restart the server and reload the page.',
          version,
          serverVersion
        );
  }

  private explain(error: unknown): string {
    const { trans } = this.options;
    if (error instanceof MissingServerError) {
      return trans.__(
        'The workbench is not enabled in the server. Run “jupyter server extension enable workbench” and restart it.'
      );
    }
    if (error instanceof ServerConnection.ResponseError) {
      return error.message;
    }
    return trans.__('The Jupyter server cannot be reached.');
  }
}
