import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { count, duration, money } from '../amounts';
import { Outline, Twist } from '../outline/outline';
import { statusOf } from '../traces/row';
import { Folding, type ISpanRow } from './folding';
import { type IBar, type ISpanOfTime, barOf, sidesOf, ticksOf, zoomed } from './scale';
import type { Spans } from './spans';

const ROW_HEIGHT = 24;
const MOST_INDENT = 16; // levels; deeper ones stay where they are
const TICK = 72; // pixels that a mark on the axis takes
const LABEL = 44; // and the words beside it
const ZOOM = 2;

interface IProps {
  spans: Spans;
  /** Whether rows are still to come. */
  isPart: boolean;
  /** Of the whole trace, in milliseconds. */
  duration: number;
  selected: number;
  onSelect: (row: number) => void;
  trans: TranslationBundle;
}

/** A bar of no length at the very end still has its hair's width to be seen in. */
const styleOf = (bar: IBar): React.CSSProperties => ({
  left: `min(${bar.left}%, calc(100% - 2px))`,
  width: `${bar.width}%`
});

/** A row's bar: its time, its first piece of a stream, and what of it the whole trace waited for. */
function Bar(props: { spans: Spans; row: number; shown: ISpanOfTime }): React.ReactElement | null {
  const { spans, row, shown } = props;
  const { columns } = spans;
  const [start, end] = [columns.offset_ms[row], columns.end_ms[row]];
  const bar = barOf(start, end, shown);
  if (bar === null) {
    return null;
  }
  const wait = columns.time_to_first_chunk_ms[row];
  const first = wait !== null && start + wait <= shown.to && start + wait >= shown.from ? barOf(start + wait, end, shown) : null;
  return (
    <>
      <span
        className="jp-WorkbenchWaterfall-bar"
        data-kind={spans.kind(row)}
        data-status={columns.status[row]}
        style={styleOf(bar)}
      />
      {first && wait !== null && wait > 0 && (
        <span className="jp-WorkbenchWaterfall-first" style={{ left: `${first.left}%` }} />
      )}
      {spans.critical(row).map(piece => {
        const part = barOf(piece.offset_ms, piece.offset_ms + piece.ms, shown);
        return (
          part && (
            <span
              key={piece.offset_ms}
              className="jp-WorkbenchWaterfall-critical"
              style={styleOf(part)}
            />
          )
        );
      })}
    </>
  );
}

function Cells(props: { spans: Spans; row: ISpanRow; shown: ISpanOfTime; trans: TranslationBundle }): React.ReactElement {
  const { spans, row, shown, trans } = props;
  const { columns } = spans;
  const { index } = row;
  const tokens = [columns.input_tokens[index], columns.output_tokens[index]];
  const tries = columns.attempts[index];
  const isCall = spans.kind(index) === 'model';
  if (!spans.isRead(index)) {
    return (
      <span className="jp-WorkbenchWaterfall-name">
        <Twist row={{ ...row, level: Math.min(row.level, MOST_INDENT) }} />…
      </span>
    );
  }
  return (
    <>
      <span className="jp-WorkbenchWaterfall-name" title={columns.name[index]}>
        <Twist row={{ ...row, level: Math.min(row.level, MOST_INDENT) }} />
        <span className="jp-WorkbenchWaterfall-kind" data-kind={spans.kind(index)} data-status={columns.status[index]} />
        <bdi>{columns.name[index]}</bdi>
        {tries > 1 && (
          <span className="jp-WorkbenchWaterfall-badge" title={trans.__('%1 tries at the provider', tries)}>
            ↻{tries}
          </span>
        )}
        {columns.thumbs[index] !== null && (
          <span className="jp-WorkbenchThumb" data-thumb={columns.thumbs[index] ? 'up' : 'down'} />
        )}
      </span>
      <span className="jp-WorkbenchWaterfall-lane">
        <Bar spans={spans} row={index} shown={shown} />
      </span>
      <span className="jp-WorkbenchWaterfall-number">
        {tokens[0] === null && tokens[1] === null ? '' : count((tokens[0] ?? 0) + (tokens[1] ?? 0))}
      </span>
      <span className="jp-WorkbenchWaterfall-number" title={columns.cost_reason[index] ?? undefined}>
        {isCall ? money(columns.cost_usd[index]) : ''}
      </span>
      <span className="jp-WorkbenchWaterfall-number">{duration(columns.duration_ms[index])}</span>
    </>
  );
}

/** What a row says to a screen reader. */
export function labelOf(spans: Spans, row: number, trans: TranslationBundle): string {
  const { columns } = spans;
  if (!spans.isRead(row)) {
    return trans.__('not read yet');
  }
  const tokens = (columns.input_tokens[row] ?? 0) + (columns.output_tokens[row] ?? 0);
  const parts = [
    columns.name[row],
    statusOf(columns.status[row], trans),
    columns.duration_ms[row] === null ? '' : duration(columns.duration_ms[row]),
    trans.__('begins at %1', duration(columns.offset_ms[row])),
    tokens > 0 ? trans.__('%1 tokens', count(tokens)) : '',
    columns.cost_usd[row] === null ? '' : money(columns.cost_usd[row]),
    columns.attempts[row] > 1 ? trans.__('%1 tries', columns.attempts[row]) : '',
    columns.is_critical[row] ? trans.__('on the critical path') : ''
  ];
  return parts.filter(Boolean).join(', ');
}

/** The spans of a trace as a tree, each with its bar on the trace's time. */
export function Waterfall(props: IProps): React.ReactElement {
  const { spans, selected, onSelect, trans } = props;
  const whole = Math.max(props.duration, 0.001);
  const folding = useMemo(() => new Folding(spans.columns.depth), [spans]);
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const [zoom, setZoom] = useState<ISpanOfTime | null>(null);
  const [words, setWords] = useState('');
  const [missed, setMissed] = useState(false);
  const shown = zoom ?? { from: 0, to: whole };
  const lane = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => folding.rows(folded), [folding, folded]);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(() => setWidth(lane.current?.clientWidth ?? 0));
    observer.observe(lane.current as HTMLDivElement);
    return () => observer.disconnect();
  }, []);

  const toggle = useCallback((keys: string[]) => {
    setFolded(before => {
      const after = new Set(before);
      for (const row of keys.map(Number)) {
        if (!after.delete(row)) {
          after.add(row);
        }
      }
      return after;
    });
  }, []);
  const show = (row: number) => {
    const above = folding.above(row);
    if (above.some(one => folded.has(one))) {
      setFolded(new Set([...folded].filter(one => !above.includes(one))));
    }
    onSelect(row);
  };
  const find = () => {
    const found = spans.next(words, selected);
    setMissed(found < 0 && words.trim() !== '' && !props.isPart);
    if (found >= 0) {
      show(found);
    }
  };
  const zoomBy = (factor: number, around?: number) => {
    const { offset_ms, end_ms } = spans.columns;
    const middle = around ?? (selected >= 0 ? (offset_ms[selected] + end_ms[selected]) / 2 : whole / 2);
    const next = zoomed(shown, whole, factor, middle);
    setZoom(next.to - next.from >= whole ? null : next);
  };
  const onKey = (key: string) => {
    const factor = { '+': ZOOM, '=': ZOOM, '-': 1 / ZOOM }[key];
    if (factor !== undefined) {
      zoomBy(factor);
    } else if (key === '0') {
      setZoom(null);
    }
    return factor !== undefined || key === '0';
  };
  const onWheel = (event: React.WheelEvent) => {
    const box = lane.current?.getBoundingClientRect();
    if (event.ctrlKey && box && event.clientX >= box.left && event.clientX <= box.right) {
      const share = (event.clientX - box.left) / box.width;
      zoomBy(event.deltaY < 0 ? ZOOM : 1 / ZOOM, shown.from + share * (shown.to - shown.from));
    }
  };
  const shareOf = (tick: number) => (tick - shown.from) / (shown.to - shown.from);
  const ticks = ticksOf(shown, Math.max(3, Math.floor(width / TICK)));
  const sides = sidesOf(ticks.map(tick => shareOf(tick) * width), width, LABEL);
  // a child that is folded away leaves its parent selected
  const hidden = folding.above(Math.max(0, selected)).filter(one => folded.has(one)).at(-1);
  const active = selected < 0 ? null : String(hidden ?? selected);

  return (
    <div className="jp-WorkbenchWaterfall" onWheel={onWheel}>
      <div className="jp-WorkbenchWaterfall-tools">
        <input
          type="search"
          className="jp-WorkbenchInput"
          placeholder={trans.__('Find a span')}
          aria-label={trans.__('Find a span by its name, model, tool or error; Enter for the next one')}
          aria-invalid={missed}
          value={words}
          onChange={event => {
            setWords(event.target.value);
            setMissed(false);
          }}
          onKeyDown={event => event.key === 'Enter' && find()}
        />
        {missed && <span role="status">{trans.__('not found')}</span>}
        <span className="jp-WorkbenchWaterfall-space" />
        <button
          type="button"
          className="jp-WorkbenchButton"
          onClick={() => setFolded(new Set(folded.size > 0 ? [] : folding.below(1)))}
        >
          {folded.size > 0 ? trans.__('Unfold all') : trans.__('Fold')}
        </button>
        <span role="group" aria-label={trans.__('Zoom')} className="jp-WorkbenchWaterfall-zoom">
          <button
            type="button"
            className="jp-WorkbenchButton"
            aria-label={trans.__('Zoom out')}
            title={trans.__('Zoom out (−)')}
            disabled={zoom === null}
            onClick={() => zoomBy(1 / ZOOM)}
          >
            −
          </button>
          <button
            type="button"
            className="jp-WorkbenchButton"
            title={trans.__('The whole trace (0)')}
            disabled={zoom === null}
            onClick={() => setZoom(null)}
          >
            {trans.__('All')}
          </button>
          <button
            type="button"
            className="jp-WorkbenchButton"
            aria-label={trans.__('Zoom in')}
            title={trans.__('Zoom in (+)')}
            onClick={() => zoomBy(ZOOM)}
          >
            +
          </button>
        </span>
      </div>
      <div className="jp-WorkbenchWaterfall-head" aria-hidden="true">
        <span>{trans.__('Span')}</span>
        <span className="jp-WorkbenchWaterfall-axis" ref={lane}>
          {ticks.map((tick, index) => (
            <span key={tick} data-side={sides[index]} style={{ left: `${100 * shareOf(tick)}%` }}>
              {sides[index] && duration(tick)}
            </span>
          ))}
        </span>
        <span className="jp-WorkbenchWaterfall-number">{trans.__('Tokens')}</span>
        <span className="jp-WorkbenchWaterfall-number">{trans.__('Cost')}</span>
        <span className="jp-WorkbenchWaterfall-number">{trans.__('Time')}</span>
      </div>
      <Outline
        label={trans.__('Spans of the trace')}
        rows={rows}
        rowHeight={ROW_HEIGHT}
        active={active}
        onActive={key => onSelect(Number(key))}
        onToggle={toggle}
        onOpen={row => onSelect(row.index)}
        onKey={onKey}
        rowLabel={row => labelOf(spans, row.index, trans)}
      >
        {row => <Cells spans={spans} row={row} shown={shown} trans={trans} />}
      </Outline>
    </div>
  );
}
