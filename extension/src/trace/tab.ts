import { MainAreaWidget, type ReactWidget } from '@jupyterlab/apputils';

import type { IWhere } from '../api';
import { traceIcon } from '../icons';

/** What the view of a trace was opened with, to open it again. */
export interface IOpened {
  trace: string;
  other: string | null;
  where: IWhere;
  /** What it is called; by default as its first span. */
  title?: string;
}

/** A view of a trace, or of two. */
export class TraceTab extends MainAreaWidget<ReactWidget> {
  constructor(
    content: ReactWidget,
    readonly opened: IOpened
  ) {
    super({ content });
    this.addClass('jp-WorkbenchTrace');
    this.title.icon = traceIcon;
    this.title.closable = true;
  }
}
