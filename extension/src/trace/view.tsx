import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { calls, count, duration, money, when } from '../amounts';
import type { IGiven, ISpanDetail, ITrace, StoreClient } from '../api';
import { Fault, type IFault } from '../fault';
import { statusOf } from '../traces/row';
import type { IMessage } from './again';
import { Detail, saidOf } from './detail';
import { Splitter } from './splitter';
import { Spans } from './spans';
import { Waterfall } from './waterfall';

const RETRY_MS = 2000;
const WAIT_MS = 15_000;

/** What can be done with a trace elsewhere in JupyterLab. */
export interface ITraceActions {
  showCell: (notebook: string, cell: string) => void;
  askAgain: (trace: string, span: string) => void;
  compare: (trace: string) => void;
  addToDataset: (traces: string[]) => void;
  exportTraces: (traces: string[]) => void;
  openTrace: (trace: string, span: string | null) => void;
}

interface IProps {
  client: StoreClient;
  traceId: string;
  spanId: string | null;
  /** Its first screen, which was asked for before the view was made. */
  screen: Promise<ITrace>;
  registry: IRenderMimeRegistry;
  rendered: boolean;
  actions: ITraceActions;
  trans: TranslationBundle;
  faultOf: (problem: unknown) => IFault;
  /** What the trace is called, as soon as that is known. */
  onTitle: (title: string) => void;
}

/** A trace: its first screen, the whole of it, and that again whenever something was written while it runs. */
function useTrace(props: IProps): { trace: ITrace | null; problem: unknown; reload: () => void } {
  const { client, traceId, screen } = props;
  const [trace, setTrace] = useState<ITrace | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [times, setTimes] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const follow = async () => {
      const first = times > 0 ? null : await screen.catch(() => null); // what is wrong, the whole says as well
      let isRunning = first === null || first.is_part === true || first.spans.status.includes('running');
      let state: string | null = null;
      if (first !== null && !signal.aborted) {
        setTrace(first);
      }
      while (isRunning && !signal.aborted) {
        try {
          state = (await client.changes(state, state === null ? 0 : WAIT_MS, signal)).state;
          const found = await client.trace(traceId, undefined, signal);
          setTrace(found);
          setProblem(null);
          isRunning = found.spans.status.includes('running');
        } catch (error) {
          if (signal.aborted) {
            return;
          }
          setProblem(error);
          await new Promise(resolve => setTimeout(resolve, RETRY_MS));
          isRunning = false;
        }
      }
    };
    void follow();
    return () => stop.abort();
  }, [client, traceId, screen, times]);
  return { trace, problem, reload: useCallback(() => setTimes(number => number + 1), []) };
}

/** What is known of a span; the one before stays until it is there. */
function useDetail(client: StoreClient, spanId: string | null, times: number) {
  const [detail, setDetail] = useState<ISpanDetail | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    if (spanId === null) {
      return;
    }
    const stop = new AbortController();
    client.span(spanId, undefined, stop.signal).then(
      found => {
        setDetail(found);
        setProblem(null);
      },
      error => !stop.signal.aborted && setProblem(error)
    );
    return () => stop.abort();
  }, [client, spanId, times]);
  return { detail: detail?.span.span_id === spanId ? detail : null, problem };
}

/** The sum over the calls of a column; null where one is unknown. */
function sumOf(spans: Spans, name: 'input_tokens' | 'output_tokens' | 'cost_usd'): number | null {
  let sum = 0;
  for (let row = 0; row < spans.length; row++) {
    const isCall = spans.kind(row) === 'model' && !spans.columns.operation[row].startsWith('nested_');
    const value = isCall ? spans.columns[name][row] : 0;
    if (value === null) {
      return null;
    }
    sum += value;
  }
  return sum;
}

function Head(props: IProps & { trace: ITrace; spans: Spans; selected: number }): React.ReactElement {
  const { trace, spans, selected, actions, trans, traceId } = props;
  const { columns } = spans;
  const sum = (words: () => string) => (trace.is_part ? '…' : words());
  const model = columns.operation.filter((_, row) => spans.kind(row) === 'model').length;
  const { speedup } = trace.critical_path;
  const facts: [string, string][] = [
    [trans.__('When it began'), when(new Date(trace.started_at), new Date())],
    [trans.__('How long it took'), duration(trace.duration_ms)],
    [trans.__('Spans'), trans._n('%1 span', '%1 spans', trace.trace_spans)],
    [trans.__('Model calls'), sum(() => calls(model, trans))],
    [trans.__('Input tokens'), sum(() => trans.__('%1 in', count(sumOf(spans, 'input_tokens'))))],
    [trans.__('Output tokens'), sum(() => trans.__('%1 out', count(sumOf(spans, 'output_tokens'))))],
    [trans.__('Cost'), sum(() => money(sumOf(spans, 'cost_usd')))]
  ];
  if (speedup !== null && speedup > 1.05) {
    facts.push([
      trans.__('How many times faster it could be with all that does not depend on one another side by side'),
      trans.__('could be %1× faster', speedup.toFixed(1))
    ]);
  }
  const place = columns.notebook.findIndex((notebook, row) => notebook !== null && columns.cell_id[row] !== null);
  const notebook = place < 0 ? null : columns.notebook[place];
  const cell = place < 0 ? null : columns.cell_id[place];
  const span = columns.span_id[Math.max(0, selected)];
  const button = (words: string, title: string, act: () => void) => (
    <button type="button" className="jp-WorkbenchButton" title={title} onClick={act}>
      {words}
    </button>
  );
  return (
    <header className="jp-WorkbenchTrace-head">
      <ul className="jp-WorkbenchTraces-totals" aria-label={trans.__('What the trace came to')}>
        {spans.isRead(0) && (
          <li>
            <span className="jp-WorkbenchTraces-status" data-status={columns.status[0]} />{' '}
            {statusOf(columns.status[0], trans)}
          </li>
        )}
        {facts.map(([title, words]) => (
          <li key={title} title={title}>
            {words}
          </li>
        ))}
      </ul>
      <div role="toolbar" aria-label={trans.__('Trace')} className="jp-WorkbenchTrace-tools">
        {notebook !== null &&
          cell !== null &&
          button(trans.__('Show the cell'), trans.__('Open the notebook at the cell that asked'), () =>
            actions.showCell(trace.notebooks[notebook] ?? notebook, cell)
          )}
        {button(trans.__('Ask again'), trans.__('Insert a cell that asks the same as the chosen span'), () =>
          actions.askAgain(traceId, span)
        )}
        {button(trans.__('Compare…'), trans.__('Compare with another trace'), () => actions.compare(traceId))}
        {button(trans.__('Dataset…'), trans.__('Add to a data set'), () => actions.addToDataset([traceId]))}
        {button(trans.__('Export…'), trans.__('Save as a file'), () => actions.exportTraces([traceId]))}
      </div>
    </header>
  );
}

/** The row of what was chosen: a span's id, a row's number, or nothing; else the one that says most of the trace. */
function rowOf(spans: Spans, chosen: string | number | null): number {
  const row = typeof chosen === 'string' ? spans.find(chosen) : (chosen ?? -1);
  return row >= 0 && row < spans.length ? row : spans.telling;
}

/** A trace in the main area: its spans on its time, and beside them all that is known of the chosen one. */
export function TraceView(props: IProps): React.ReactElement {
  const { client, traceId, spanId, actions, trans, onTitle, faultOf } = props;
  const { trace, problem, reload } = useTrace(props);
  const spans = useMemo(() => trace && new Spans(trace.spans, trace.critical_path.pieces), [trace]);
  // a row that is not read yet has no id, so its number stands for it
  const [chosen, setChosen] = useState<string | number | null>(spanId);
  useEffect(() => setChosen(spanId), [spanId, traceId]);
  const selected = spans === null ? -1 : rowOf(spans, chosen);
  const shown = spans?.columns.span_id[selected] || null;
  useEffect(() => {
    if (typeof chosen === 'number' && shown !== null) {
      setChosen(shown);
    }
  }, [chosen, shown]);
  const [said, setSaid] = useState(0);
  const [failure, setFailure] = useState<unknown>(null);
  const { detail, problem: unread } = useDetail(client, shown, said);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const title = trace?.spans.name[0];
    if (title) {
      onTitle(title);
    }
  }, [trace, onTitle]);

  const say = async (given: IGiven) => {
    try {
      await client.giveFeedback(given);
      setFailure(null);
      setSaid(times => times + 1);
      reload();
      return true;
    } catch (error) {
      setFailure(error);
      return false;
    }
  };
  const whole = useCallback(
    async (hash: string): Promise<IMessage> => saidOf(await client.message(hash)),
    [client]
  );

  if (trace === null || spans === null) {
    return problem !== null ? (
      <Fault fault={faultOf(problem)} trans={trans} onRetry={reload} />
    ) : (
      <p className="jp-WorkbenchTraces-nothing" role="status">
        {trans.__('Reading the trace…')}
      </p>
    );
  }
  const wrong = failure ?? unread;
  return (
    <div className="jp-WorkbenchTrace-body">
      <Head {...props} trace={trace} spans={spans} selected={selected} />
      {trace.trace_spans > spans.length && (
        <p role="status" className="jp-WorkbenchTrace-note">
          {trans.__('The first %1 of %2 spans are shown.', spans.length.toLocaleString(), trace.trace_spans.toLocaleString())}
        </p>
      )}
      <div className="jp-WorkbenchTrace-split" ref={box}>
        <Waterfall
          key={traceId}
          spans={spans}
          isPart={trace.is_part === true}
          duration={trace.duration_ms}
          selected={selected}
          onSelect={row => setChosen(trace.spans.span_id[row] || row)}
          trans={trans}
        />
        <Splitter box={box} label={trans.__('Width of the details')} />
        <div className="jp-WorkbenchTrace-side">
          {wrong !== null && <Fault fault={faultOf(wrong)} trans={trans} />}
          {detail ? (
            <Detail
              detail={detail}
              registry={props.registry}
              rendered={props.rendered}
              trans={trans}
              onWhole={whole}
              onSay={say}
              onSpan={(other, span) =>
                other === null || other === traceId ? setChosen(span) : actions.openTrace(other, span)
              }
            />
          ) : (
            wrong === null && (
              <p className="jp-WorkbenchTraces-nothing" role="status">
                {trans.__('Reading the span…')}
              </p>
            )
          )}
        </div>
      </div>
    </div>
  );
}
