import { arrays } from '../query';
import type { IScreen, ISpanColumns, ITrace } from '../wire';

type Blank = { [name in Exclude<keyof ISpanColumns, 'length'>]: ISpanColumns[name][number] };

/** What stands for a row that was not read yet. */
const BLANK: Blank = {
  span_id: '',
  parent: -1,
  depth: 0,
  children: 0,
  is_orphan: false,
  name: '',
  operation: '',
  status: 'ok',
  offset_ms: -1, // before the trace began: no bar
  end_ms: -1,
  duration_ms: null,
  self_ms: null,
  time_to_first_chunk_ms: null,
  lane: 0,
  is_critical: false,
  model: null,
  tool_name: null,
  method: null,
  role: null,
  notebook: null,
  cell_id: null,
  input_tokens: null,
  output_tokens: null,
  cost_usd: null,
  cost_reason: null,
  error_type: null,
  error_message: null,
  attempts: 0,
  feedback: 0,
  thumbs: null
};

/** A trace of which only some rows are read, as a whole one with blank rows: it is drawn until the whole has come. */
export function spread(screen: IScreen): ITrace {
  const { depths, first, spans: sent, ...rest } = screen;
  const found = arrays<{ length: number } & Record<string, unknown[]>>(sent);
  const columns: Record<string, unknown> = { length: depths.length };
  for (const [name, blank] of Object.entries(BLANK)) {
    const column: unknown[] = new Array(depths.length).fill(blank);
    (found[name] ?? []).forEach((value, row) => (column[first + row] = value));
    columns[name] = column;
  }
  columns.depth = depths;
  const nothing = { work_ms: 0, ideal_ms: 0, least_ms: 0, speedup: null, speedup_bound: null, known: 0, assumed: 0 };
  return {
    ...rest,
    is_part: true,
    spans: columns as unknown as ISpanColumns,
    links: [],
    critical_path: { ...nothing, pieces: [] }
  };
}
