import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useMemo, useState } from 'react';

import { count, duration, money } from '../amounts';
import type { IDiff, IDiffNode, IDiffWords, StoreClient } from '../api';
import { Fault, type IFault } from '../fault';
import type { IRow } from '../outline/navigation';
import { Outline, Twist } from '../outline/outline';

const ROW_HEIGHT = 24;
const SIGNS = { same: '', renamed: '≈', removed: '−', added: '+' } as const;

interface IProps {
  client: StoreClient;
  a: string;
  b: string;
  trans: TranslationBundle;
  faultOf: (problem: unknown) => IFault;
  onOpen: (trace: string, span: string | null) => void;
}

type NodeRow = IRow & { node: IDiffNode };

/** A change with its sign; nothing where one side is unknown. */
function change(value: number | null, shown: (value: number) => string): string {
  return value === null ? '' : value === 0 ? '=' : `${value > 0 ? '+' : '−'}${shown(Math.abs(value))}`;
}

const measures = (trans: TranslationBundle): Record<string, [string, (value: number) => string]> => ({
  spans: [trans.__('Spans'), value => count(value)],
  calls: [trans.__('Model calls'), value => count(value)],
  errors: [trans.__('Failures'), value => count(value)],
  duration_ms: [trans.__('Time'), value => duration(value)],
  input_tokens: [trans.__('Input tokens'), value => count(value)],
  output_tokens: [trans.__('Output tokens'), value => count(value)],
  cost_usd: [trans.__('Cost'), value => money(value)]
});

function changeName(node: IDiffNode, trans: TranslationBundle): string {
  switch (node.change) {
    case 'added':
      return trans.__('only in B');
    case 'removed':
      return trans.__('only in A');
    case 'renamed':
      return trans.__('another name');
    default:
      return node.words_differ ? trans.__('other words') : trans.__('the same');
  }
}

/** What was said in both, with what left and what came in marked. */
function Words(props: { words: readonly IDiffWords[]; trans: TranslationBundle }): React.ReactElement {
  const { words, trans } = props;
  const groups = new Map<string, IDiffWords[]>();
  for (const piece of words) {
    const key = `${piece.direction} ${piece.position}`;
    groups.set(key, [...(groups.get(key) ?? []), piece]);
  }
  return (
    <>
      {[...groups].map(([key, pieces]) => (
        <section key={key}>
          <h3>
            {pieces[0].direction === 'input' ? trans.__('What was sent') : trans.__('What came back')}
            {` (${pieces[0].role ?? '?'})`}
          </h3>
          <pre className="jp-WorkbenchMessage-plain" tabIndex={0}>
            {pieces.map((piece, index) =>
              piece.step === 'equal' ? (
                <span key={index}>{piece.text_a}</span>
              ) : (
                <React.Fragment key={index}>
                  {piece.text_a && <del>{piece.text_a}</del>}
                  {piece.text_b && <ins>{piece.text_b}</ins>}
                </React.Fragment>
              )
            )}
          </pre>
        </section>
      ))}
    </>
  );
}

/** Two traces beside each other: what they came to, span by span, and word by word. */
export function Comparison(props: IProps): React.ReactElement {
  const { client, a, b, trans, faultOf, onOpen } = props;
  const [diff, setDiff] = useState<IDiff | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [times, setTimes] = useState(0);
  const [active, setActive] = useState<string | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    client.diff(a, b, stop.signal).then(
      found => {
        setDiff(found);
        setProblem(null);
        const first = found.nodes.find(node => node.change !== 'same' || node.words_differ) ?? found.nodes[0];
        setActive(first?.place ?? null);
      },
      error => !stop.signal.aborted && setProblem(error)
    );
    return () => stop.abort();
  }, [client, a, b, times]);
  const rows = useMemo(
    () => (diff?.nodes ?? []).map((node): NodeRow => ({ key: node.place, level: node.depth, expanded: null, node })),
    [diff]
  );
  if (problem !== null) {
    return <Fault fault={faultOf(problem)} trans={trans} onRetry={() => setTimes(times + 1)} />;
  }
  if (diff === null) {
    return (
      <p className="jp-WorkbenchTraces-nothing" role="status">
        {trans.__('Comparing…')}
      </p>
    );
  }
  const names = measures(trans);
  const node = diff.nodes.find(one => one.place === active);
  return (
    <div className="jp-WorkbenchComparison">
      <table className="jp-WorkbenchTable">
        <caption>{trans.__('What each came to')}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Measure')}</th>
            <th scope="col">
              <button type="button" className="jp-WorkbenchLink" onClick={() => onOpen(a, null)}>
                {trans.__('A: %1', a.slice(0, 8))}
              </button>
            </th>
            <th scope="col">
              <button type="button" className="jp-WorkbenchLink" onClick={() => onOpen(b, null)}>
                {trans.__('B: %1', b.slice(0, 8))}
              </button>
            </th>
            <th scope="col">{trans.__('Change')}</th>
          </tr>
        </thead>
        <tbody>
          {diff.totals.map(total => {
            const [name, shown] = names[total.measure] ?? [total.measure, (value: number) => count(value)];
            return (
              <tr key={total.measure}>
                <th scope="row">{name}</th>
                <td>{total.a === null ? '?' : shown(total.a)}</td>
                <td>{total.b === null ? '?' : shown(total.b)}</td>
                <td>{change(total.change, shown)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <div className="jp-WorkbenchComparison-spans">
        <div className="jp-WorkbenchComparison-head" aria-hidden="true">
          <span className="jp-WorkbenchComparison-name">{trans.__('Span, and how it changed from A to B')}</span>
          <span className="jp-WorkbenchWaterfall-number">{trans.__('Output tokens')}</span>
          <span className="jp-WorkbenchWaterfall-number">{trans.__('Cost')}</span>
          <span className="jp-WorkbenchWaterfall-number">{trans.__('Time')}</span>
        </div>
        <Outline
          label={trans.__('Spans of both traces')}
          rows={rows}
          rowHeight={ROW_HEIGHT}
          active={active}
          onActive={setActive}
          onToggle={() => undefined}
          onOpen={row => setActive(row.key)}
          rowLabel={row =>
            [
              row.node.name_b ?? row.node.name_a ?? '',
              changeName(row.node, trans),
              change(row.node.duration_ms_change, duration)
            ].join(', ')
          }
          rowClass={row => `jp-mod-${row.node.change}`}
        >
          {row => (
            <>
              <Twist row={row} />
              <span className="jp-WorkbenchComparison-sign" title={changeName(row.node, trans)}>
                {row.node.change === 'same' && row.node.words_differ ? '≠' : SIGNS[row.node.change]}
              </span>
              <span className="jp-WorkbenchComparison-name">
                <bdi>
                  {row.node.change === 'renamed'
                    ? `${row.node.name_a} → ${row.node.name_b}`
                    : (row.node.name_b ?? row.node.name_a)}
                </bdi>
              </span>
              <span className="jp-WorkbenchWaterfall-number">{change(row.node.output_tokens_change, count)}</span>
              <span className="jp-WorkbenchWaterfall-number">{change(row.node.cost_usd_change, money)}</span>
              <span className="jp-WorkbenchWaterfall-number">{change(row.node.duration_ms_change, duration)}</span>
            </>
          )}
        </Outline>
      </div>
      <div className="jp-WorkbenchComparison-words" role="region" aria-label={trans.__('Words')} tabIndex={0}>
        {node && <p role="status">{`${node.name_b ?? node.name_a}: ${changeName(node, trans)}`}</p>}
        <Words words={diff.words.filter(piece => piece.place === active)} trans={trans} />
      </div>
    </div>
  );
}
