import { PathExt } from '@jupyterlab/coreutils';
import { Popup, showPopup } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, VDomRenderer } from '@jupyterlab/ui-components';
import React from 'react';

import type { SpendModel } from './model';
import { type ISpend, details, summary } from './spend';

/** The table that opens from the status item. */
function Details(props: { spend: ISpend | null; problem: string; trans: TranslationBundle }): React.ReactElement {
  const { spend, problem, trans } = props;
  return (
    <div className="jp-WorkbenchDetails" role="status">
      {problem && <p>{problem}</p>}
      {spend && (
        <table>
          <caption>{trans.__('Model calls of %1', PathExt.basename(spend.notebook))}</caption>
          <tbody>
            {details(spend, trans).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** Model, tokens and cost of the notebook in front; a button, so that the keyboard reaches its details. */
export class SpendStatus extends VDomRenderer<SpendModel> {
  private popup: Popup | null = null;

  constructor(
    model: SpendModel,
    private readonly trans: TranslationBundle
  ) {
    super(model);
    this.addClass('jp-WorkbenchStatus');
  }

  render(): React.ReactElement {
    const { spend, problem } = this.model;
    const text = spend ? summary(spend, this.trans) : '—';
    const purpose = this.trans.__('Model, tokens and cost of this notebook’s calls');
    return (
      <button
        type="button"
        className="jp-WorkbenchStatus-button"
        aria-haspopup="dialog"
        aria-label={`${purpose}: ${text}${problem ? `. ${problem}` : ''}`}
        title={problem || spend?.cost_reason || purpose}
        onClick={() => this.open()}
      >
        {problem && <span aria-hidden="true">⚠ </span>}
        {text}
      </button>
    );
  }

  dispose(): void {
    this.popup?.dispose();
    super.dispose();
  }

  private open(): void {
    this.popup?.dispose();
    const { spend, problem } = this.model;
    const body = ReactWidget.create(<Details spend={spend} problem={problem} trans={this.trans} />);
    this.popup = showPopup({ body, anchor: this, align: 'right' });
    this.model.refresh();
  }
}
