import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useCallback, useEffect, useId, useMemo, useReducer, useState } from 'react';

import { calls, count, duration, money } from '../amounts';
import { Outline } from '../outline/outline';
import { type IFault, Fault } from '../fault';
import { Chips, FilterForm, type Offers, SearchBox } from './filterform';
import { type IFilters, NO_FILTERS, chipsOf, isOpen } from './filters';
import { grouped } from './grouping';
import type { Listing } from './listing';
import { type ITraceSummary, RowView, type TraceRow, linesOf, statusOf } from './row';

const ROW_HEIGHT = 40;
const PAUSE_MS = 150; // between two updates, however quickly traces come
const RETRY_MS = 2000;

/** What the chosen traces came to. */
export interface ITotals {
  calls: number;
  errors: number;
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: number | null;
  known_cost_usd: number | null;
  p50_ms: number | null;
  p95_ms: number | null;
}

export interface IPanelProps {
  listing: Listing<ITraceSummary, ITotals>;
  offers: Offers;
  /** Whether new traces are shown as they come. */
  live: boolean;
  /** Whether the panel can be seen. */
  visible: boolean;
  /** The name of the notebook in front where answers in it were traced; else empty. */
  answered: () => string;
  trans: TranslationBundle;
  faultOf: (problem: unknown) => IFault;
  onFilters: (filters: IFilters) => void;
  onOpen: (trace: ITraceSummary) => void;
  /** The form opens, so what can be chosen is needed. */
  onOffers: () => void;
  /** Acts on the traces that are picked. */
  onPicked: (action: 'compare' | 'dataset' | 'export', traces: string[]) => void;
}

function Totals(props: { totals: ITotals; trans: TranslationBundle }): React.ReactElement {
  const { totals, trans } = props;
  const facts: [string, string][] = [
    [trans.__('Model calls'), calls(totals.calls, trans)],
    [trans.__('Input tokens'), trans.__('%1 in', count(totals.input_tokens))],
    [trans.__('Output tokens'), trans.__('%1 out', count(totals.output_tokens))],
    [trans.__('Cost'), money(totals.cost_usd, totals.known_cost_usd)],
    [trans.__('Half of the calls took less than'), trans.__('p50 %1', duration(totals.p50_ms))],
    [trans.__('95 of 100 calls took less than'), trans.__('p95 %1', duration(totals.p95_ms))]
  ];
  if (totals.errors > 0) {
    facts.splice(1, 0, [trans.__('Failed calls'), trans.__('%1 failed', totals.errors)]);
  }
  return (
    <ul className="jp-WorkbenchTraces-totals" aria-label={trans.__('What these traces came to')}>
      {facts.map(([title, words]) => (
        <li key={title} title={title}>
          {words}
        </li>
      ))}
    </ul>
  );
}

/** Reads the store when the panel is shown, and follows it while that can be seen and it is live. */
function useFollowing(listing: IPanelProps['listing'], visible: boolean, live: boolean): void {
  useEffect(() => {
    if (!visible) {
      return;
    }
    const stop = new AbortController();
    const { signal } = stop;
    const follow = async () => {
      await listing.update();
      while (live && !signal.aborted) {
        // the list itself says what is wrong when it is read
        await listing.follow(signal).catch(() => (signal.aborted ? undefined : listing.update()));
        await new Promise(resolve => setTimeout(resolve, listing.problem === null ? PAUSE_MS : RETRY_MS));
      }
    };
    void follow();
    return () => stop.abort();
  }, [listing, visible, live]);
}

/** The list of traces: search, filters, sessions with their traces, and what they came to. */
export function TracesPanel(props: IPanelProps): React.ReactElement {
  const { listing, offers, trans, onFilters, onOpen, onPicked } = props;
  const [, redraw] = useReducer((number: number) => number + 1, 0);
  useEffect(() => {
    listing.changed.connect(redraw);
    return () => {
      listing.changed.disconnect(redraw);
    };
  }, [listing]);
  useFollowing(listing, props.visible, props.live);

  const form = useId();
  const [showForm, setShowForm] = useState(false);
  const [active, setActive] = useState<string | null>(null);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const { traces, folded, filters, totals } = listing;
  const rows = useMemo(() => grouped(traces, folded), [traces, folded]);
  const now = useMemo(() => new Date(), [traces]);

  const narrow = useCallback(
    (changed: IFilters) => {
      onFilters(changed);
      void listing.narrow(changed);
    },
    [listing, onFilters]
  );
  const pick = useCallback((trace: string) => {
    setPicked(before => {
      const after = new Set(before);
      if (!after.delete(trace)) {
        after.add(trace);
      }
      return after;
    });
  }, []);
  const open = (row: TraceRow) => {
    if (row.kind === 'trace') {
      onOpen(row.trace);
    } else {
      listing.toggle([row.key]);
    }
  };
  const onKey = (key: string, row: TraceRow) => {
    if (key === 'x' && row.kind === 'trace') {
      pick(row.trace.trace_id);
      return true;
    }
    return false;
  };
  const more = useCallback(() => void listing.more(), [listing]);

  const shared = { filters, offers, onChange: narrow, trans };
  const chosen = chipsOf(filters).length;
  return (
    <div className="jp-WorkbenchTraces-body" aria-busy={listing.isLoading}>
      <div className="jp-WorkbenchTraces-head">
        <div className="jp-WorkbenchTraces-bar">
          <SearchBox {...shared} />
          <button
            type="button"
            className="jp-WorkbenchButton"
            aria-expanded={showForm}
            aria-controls={form}
            onClick={() => {
              if (!showForm) {
                props.onOffers();
              }
              setShowForm(!showForm);
            }}
          >
            {chosen > 0 ? trans.__('Filter (%1)', chosen) : trans.__('Filter')}
          </button>
        </div>
        {showForm && <FilterForm {...shared} id={form} />}
        <Chips {...shared} />
      </div>
      {listing.problem !== null && (
        <Fault fault={props.faultOf(listing.problem)} trans={trans} onRetry={() => void listing.load()} />
      )}
      {rows.length > 0 ? (
        <Outline
          label={trans.__('Traces')}
          rows={rows}
          rowHeight={ROW_HEIGHT}
          active={active}
          onActive={setActive}
          onToggle={keys => listing.toggle(keys)}
          onOpen={open}
          onKey={onKey}
          onEnd={more}
          rowLabel={row => {
            const lines = linesOf(row, now, trans).filter(Boolean).join(', ');
            return row.kind === 'trace' ? `${lines}, ${statusOf(row.trace.worst_status, trans)}` : lines;
          }}
          rowClass={row => `jp-mod-${row.kind}`}
          checked={row => (row.kind === 'trace' && picked.size > 0 ? picked.has(row.trace.trace_id) : undefined)}
        >
          {row => (
            <RowView
              row={row}
              now={now}
              picked={row.kind === 'trace' && picked.has(row.trace.trace_id)}
              onPick={pick}
              trans={trans}
            />
          )}
        </Outline>
      ) : (
        <Nothing {...props} onClear={() => narrow(NO_FILTERS)} />
      )}
      {picked.size > 0 && (
        <div className="jp-WorkbenchTraces-picked" role="toolbar" aria-label={trans.__('Picked traces')}>
          <span role="status">{trans.__('%1 picked', picked.size)}</span>
          {picked.size === 2 && (
            <button type="button" className="jp-WorkbenchButton" onClick={() => onPicked('compare', [...picked])}>
              {trans.__('Compare')}
            </button>
          )}
          <button type="button" className="jp-WorkbenchButton" onClick={() => onPicked('dataset', [...picked])}>
            {trans.__('Dataset…')}
          </button>
          <button type="button" className="jp-WorkbenchButton" onClick={() => onPicked('export', [...picked])}>
            {trans.__('Export…')}
          </button>
          <button type="button" className="jp-WorkbenchButton" onClick={() => setPicked(new Set())}>
            {trans.__('None')}
          </button>
        </div>
      )}
      {totals && listing.problem === null && <Totals totals={totals} trans={trans} />}
    </div>
  );
}

/** Why the store that the server reads is empty; an answer without its trace was asked elsewhere. */
function Unwritten(props: { notebook: string; trans: TranslationBundle }): React.ReactElement {
  const { notebook, trans } = props;
  return notebook ? (
    <>
      <p>{trans.__('The answers in %1 were traced, but not in the store that the server reads.', notebook)}</p>
      <p>
        {trans.__(
          'Its kernel may run on another machine or write to another store, or it was run elsewhere. Run %llm store in a cell to see where its kernel writes; “workbench traces export” there and “workbench traces import” here bring its traces over.'
        )}
      </p>
    </>
  ) : (
    <p>{trans.__('Nothing was traced here yet. Run a cell that begins with %%llm, and it shows here.')}</p>
  );
}

function Nothing(props: IPanelProps & { onClear: () => void }): React.ReactElement {
  const { listing, trans, onClear, answered } = props;
  if (listing.problem !== null) {
    return <div className="jp-WorkbenchTraces-nothing" />;
  }
  return (
    <div className="jp-WorkbenchTraces-nothing" role="status">
      {listing.isLoading ? (
        <p>{trans.__('Reading the traces…')}</p>
      ) : isOpen(listing.filters) ? (
        <Unwritten notebook={answered()} trans={trans} />
      ) : (
        <>
          <p>{trans.__('No trace is as the filters want it.')}</p>
          <button type="button" className="jp-WorkbenchButton" onClick={onClear}>
            {trans.__('Clear the filters')}
          </button>
        </>
      )}
    </div>
  );
}
