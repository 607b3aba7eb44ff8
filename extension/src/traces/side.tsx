import { ReactWidget } from '@jupyterlab/apputils';
import type { IStateDB } from '@jupyterlab/statedb';
import React from 'react';

import { fetchVersion, isMissing } from '../api';
import type { Desk } from '../desk';
import { Fault, type IFault } from '../fault';
import { faultOf, mismatchOf } from '../faults';
import { traceIcon } from '../icons';
import type { Offers } from './filterform';
import type { IFilters } from './filters';
import type { ISource, Listing, Query } from './listing';
import type { ITotals } from './panel';
import type { ITraceSummary } from './row';

const ID = 'research-workbench-traces';
const FIRST_PAGE = 50; // is there at once
const PAGE = 250;
const WAIT_MS = 10_000;
const EMPTY: ITotals = {
  calls: 0,
  errors: 0,
  input_tokens: 0,
  output_tokens: 0,
  cost_usd: 0,
  known_cost_usd: 0,
  p50_ms: null,
  p95_ms: null
};

type Views = typeof import('../views');

/** The side panel: fetched when it is first shown, and live while it can be seen. */
export class TracesSide extends ReactWidget {
  private views: Views | null = null;
  private listing: Listing<ITraceSummary, ITotals> | null = null;
  private offers: Offers = {};
  private fault: IFault | null = null;
  private live = true;
  private folder: string | null = null;

  constructor(
    private readonly options: { desk: Desk; state: IStateDB | null; version: string }
  ) {
    super();
    const { trans } = options.desk;
    this.id = ID;
    this.title.icon = traceIcon;
    this.title.caption = trans.__('Traces');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Traces'));
    this.addClass('jp-WorkbenchTraces');
  }

  /** Whether new traces are shown as they come. */
  set isLive(live: boolean) {
    this.live = live;
    this.update();
  }

  /** Another notebook is in front, which may have another store. */
  follow(folder: string): void {
    if (folder !== this.folder) {
      this.folder = folder;
      if (this.isVisible) {
        void this.listing?.load();
      }
    }
  }

  render(): React.ReactElement {
    const { desk } = this.options;
    const { trans } = desk;
    if (this.views === null || this.listing === null) {
      return this.fault ? (
        <Fault fault={this.fault} trans={trans} onRetry={() => void this.begin()} />
      ) : (
        <p className="jp-WorkbenchTraces-nothing" role="status">
          {trans.__('Reading the traces…')}
        </p>
      );
    }
    return this.views.tracesPanel({
      listing: this.listing,
      offers: this.offers,
      live: this.live,
      visible: this.isVisible,
      answered: () => desk.answered,
      trans,
      faultOf: problem => faultOf(problem, trans),
      onFilters: filters => void this.options.state?.save(ID, JSON.parse(JSON.stringify(filters))),
      onOpen: trace => {
        const title = trace.question?.trim().split('\n', 1)[0];
        void desk.open({ trace: trace.trace_id, other: null, where: desk.where, title });
      },
      onOffers: () => void this.readOffers(),
      onPicked: (action, traces) => {
        if (action === 'compare') {
          const [b, a] = traces;
          void desk.open({ trace: a, other: b, where: desk.where });
        } else if (action === 'dataset') {
          desk.addToDataset(traces);
        } else {
          desk.exportTraces(traces);
        }
      }
    });
  }

  protected onAfterShow(): void {
    if (this.listing === null) {
      void this.begin();
    }
    this.update();
  }

  protected onAfterHide(): void {
    this.update();
  }

  private async begin(): Promise<void> {
    const { desk, state, version } = this.options;
    try {
      const [views, kept, server] = await Promise.all([
        import('../views'),
        state?.fetch(ID).catch(() => undefined),
        fetchVersion(desk.client.settings)
      ]);
      const mismatch = mismatchOf(version, server, desk.trans);
      if (mismatch) {
        this.fault = { message: mismatch, hint: '' };
      } else {
        const listing = new views.Listing<ITraceSummary, ITotals>(this.source);
        listing.filters = views.filtersFrom(kept) as IFilters;
        this.views = views;
        this.listing = listing;
        this.fault = null;
        void listing.load();
      }
    } catch (error) {
      this.fault = faultOf(error, desk.trans);
    }
    this.update();
  }

  private readonly source: ISource<ITraceSummary, ITotals> = {
    page: async (query: Query, after, signal) => {
      try {
        const found = await this.options.desk.client.traces({ ...query, limit: after === null ? FIRST_PAGE : PAGE, after: after ?? undefined }, signal);
        return { traces: found.rows, cursor: found.cursor };
      } catch (error) {
        if (isMissing(error)) {
          return { traces: [], cursor: null };
        }
        throw error;
      }
    },
    totals: async (query, signal) => {
      try {
        return await this.options.desk.client.totals(query, signal);
      } catch (error) {
        if (isMissing(error)) {
          return EMPTY;
        }
        throw error;
      }
    },
    state: async (since, signal) =>
      (await this.options.desk.client.changes(since, since === null ? 0 : WAIT_MS, signal)).state
  };

  private async readOffers(): Promise<void> {
    try {
      const found = await this.options.desk.client.facets();
      const values = (name: keyof typeof found) => found[name].map(one => one.value);
      this.offers = {
        model: values('model'),
        method: values('method'),
        role: values('role'),
        status: ['ok', 'error', 'interrupted', 'running']
      };
    } catch {
      return; // the list itself says what is wrong
    }
    this.update();
  }
}
