/**
 * What the server answers (workbench/server), field by field.
 *
 * Units are in the names: `_ms` is milliseconds, `_usd` dollars, `_tokens` tokens. A moment (`…_at`) is milliseconds
 * since 1970 UTC, as `Date.now()`. `null` is unknown, never zero. Every text is what a model, a tool or a person said:
 * it is data, never HTML or code.
 */

export type Status = 'ok' | 'error' | 'interrupted' | 'running';

/** Which store: that of a notebook or folder below the server's root (a kernel's there), or a file below the root. */
export interface IWhere {
  path?: string;
  store?: string;
}

/** Filters of spans; one of several values has to fit, an empty text stands for spans without one. */
export interface ISpanFilters {
  /** Path below the server's root; earlier names of a notebook that was renamed count too. */
  notebook?: string | string[];
  cell_id?: string | string[];
  session?: string | string[];
  conversation?: string | string[];
  model?: string | string[];
  provider?: string | string[];
  run_id?: string | string[];
  program?: string | string[];
  method?: string | string[];
  role?: string | string[];
  phase?: string | string[];
  operation?: string | string[];
  /** Of a trace: the worst of its spans; of usage, errors and outliers: the span's own. */
  status?: Status;
  /** Milliseconds since 1970 UTC: started then or later; `until`: before. */
  since?: number;
  until?: number;
}

/** Filters of traces: of those of spans, one span of the trace must meet all. */
export interface ITraceFilters extends ISpanFilters {
  /** All these words are in messages or tool calls; `"in quotes"` they are one. In small letters, capitals or as given. */
  q?: string;
  /** Sum of the known costs of the trace's calls. */
  min_cost_usd?: number;
  max_cost_usd?: number;
  /** Of the trace's root span. */
  min_duration_ms?: number;
  max_duration_ms?: number;
  /** A scorer's name, or a kind of feedback such as `thumbs`; true counts as 1. */
  scorer?: string;
  min_score?: number;
  max_score?: number;
}

/** Some rows; `cursor` is given as `after` for the next page, null on the last one. */
export interface IPage<T> {
  rows: T[];
  cursor: string | null;
}

/** What calls came to. */
export interface ISums {
  calls: number;
  errors: number;
  /** All input, cached included; null where no call's is known. */
  input_tokens: number | null;
  /** All output, reasoning included. */
  output_tokens: number | null;
  known_cost_usd: number;
  /** Calls of unknown cost. */
  cost_unknown: number;
  /** Null where the cost of one call is unknown. */
  cost_usd: number | null;
}

export interface ITotals extends ISums {
  cache_read_tokens: number | null;
  cache_write_tokens: number | null;
  reasoning_tokens: number | null;
  /** Calls whose tokens are not known. */
  tokens_unknown: number;
  cost_reason?: string | null;
  p50_ms: number | null;
  p95_ms: number | null;
}

/** A kernel or another process. */
export interface ISession extends ISums {
  session: string;
  first_at: number;
  last_at: number;
  notebooks: string[];
  traces: number;
  spans: number;
  running: number;
  /** Null where it wrote from elsewhere, such as an import. */
  is_alive: boolean | null;
}

/** A notebook, or a cell of one. */
export interface IPlace extends ISums {
  /** As the spans name it: give this back as a filter; null for spans of no notebook (filter: ''). */
  notebook: string | null;
  /** Where it lies now. */
  notebook_path: string | null;
  /** Of cells only. */
  cell_id?: string | null;
  first_at: number;
  last_at: number;
  execution_count: number | null;
  traces: number;
  spans: number;
  running: number;
}

/** A trace in the list. */
export interface ITraceRow extends ISums {
  trace_id: string;
  is_rootless: boolean;
  name: string;
  notebook: string | null;
  notebook_path: string | null;
  cell_id: string | null;
  execution_count: number | null;
  session: string | null;
  conversation: string | null;
  method: string | null;
  status: Status;
  worst_status: Status;
  started_at: number;
  /** Null while it has no end. */
  duration_ms: number | null;
  spans: number;
  models: string[];
  /** First words; null where no message was stored. */
  question: string | null;
  answer: string | null;
}

export type Facet = 'model' | 'provider' | 'method' | 'role' | 'phase' | 'notebook' | 'operation' | 'scorer';
/** The values to choose from, the most frequent first. */
export type IFacets = Record<Facet, { value: string; spans: number }[]>;

/** A trace's spans by columns, all of the same length, in depth-first order: row 0 is the root. */
export interface ISpanColumns {
  length: number;
  span_id: string[];
  /** Row of the span above; -1 for a root. */
  parent: number[];
  depth: number[];
  children: number[];
  /** Its parent is not in the store. */
  is_orphan: boolean[];
  name: string[];
  operation: string[];
  status: Status[];
  /** Since the trace began; `end_ms` of a span without an end is the end of the trace. */
  offset_ms: number[];
  end_ms: number[];
  duration_ms: (number | null)[];
  /** Its time without its children's. */
  self_ms: (number | null)[];
  time_to_first_chunk_ms: (number | null)[];
  /** A row of the waterfall in which it does not overlap another. */
  lane: number[];
  is_critical: boolean[];
  model: (string | null)[];
  tool_name: (string | null)[];
  method: (string | null)[];
  role: (string | null)[];
  notebook: (string | null)[];
  cell_id: (string | null)[];
  input_tokens: (number | null)[];
  output_tokens: (number | null)[];
  cost_usd: (number | null)[];
  cost_reason: (string | null)[];
  error_type: (string | null)[];
  error_message: (string | null)[];
  /** Tries at the provider; 0 where none was recorded, more than 1 where it was tried again. */
  attempts: number[];
  /** Pieces of feedback, and the last thumb. */
  feedback: number[];
  thumbs: (boolean | null)[];
}

/** What stands on the first screen of a trace of more than 1,000 spans. */
export interface IScreen {
  trace_id: string;
  trace_spans: number;
  started_at: number;
  duration_ms: number;
  depths: number[];
  first: number; // row of `spans`, which are columns as the server sends them
  spans: unknown;
  notebooks: Record<string, string>;
}

export interface ITrace {
  trace_id: string;
  /** Only some rows were read yet: those of the others have no `span_id`. */
  is_part?: boolean;
  /** More than `spans.length` where the trace was cut at the limit. */
  trace_spans: number;
  started_at: number;
  duration_ms: number;
  spans: ISpanColumns;
  /** Notebook as the spans name it -> where it lies now. */
  notebooks: Record<string, string>;
  /** Rows: the first read what the second wrote. */
  links: [number, number][];
  critical_path: {
    /** Time of all spans as if one after the other; the longest chain; the same with known dependencies alone. */
    work_ms: number;
    ideal_ms: number;
    least_ms: number;
    speedup: number | null;
    speedup_bound: number | null;
    known: number;
    assumed: number;
    /** In the order of time, without gaps; `row` is null where no span was at work. */
    pieces: { offset_ms: number; ms: number; row: number | null }[];
  };
}

/** A part of a message, as the OpenTelemetry GenAI conventions have it. */
export type IPart =
  | { type: 'text' | 'reasoning'; content: string }
  | { type: 'tool_call'; id?: string | null; name: string; arguments?: unknown }
  | { type: 'tool_call_response'; id?: string | null; name?: string; response?: unknown; result?: unknown }
  | { type: string; [name: string]: unknown };

export interface IMessage {
  direction: 'input' | 'output';
  position: number;
  message_hash: string;
  role: 'system' | 'user' | 'assistant' | 'tool' | string;
  text: string;
  /** Null where the text is all there is, or where the message is cut: then `fetchMessage` gives it whole. */
  body: { role: string; parts: IPart[] } | null;
  characters: number;
  is_cut: boolean;
}

export interface IFeedback {
  feedback_id: string;
  span_id: string;
  name: string;
  bool: boolean | null;
  number: number | null;
  label: string | null;
  comment: string | null;
  author: string | null;
  created_at: number;
}

export interface IScore {
  program: string;
  scorer: string;
  kind: 'bool' | 'number' | 'label' | 'interval' | 'errors' | 'missing';
  bool: boolean | null;
  number: number | null;
  label: string | null;
  low: number | null;
  high: number | null;
  reason: string | null;
}

/** All that is known of a span. */
export interface ISpanDetail {
  /** Every column of the store's table `spans` (docs/schema.md); `attributes` is an object. */
  span: {
    span_id: string;
    trace_id: string;
    name: string;
    operation: string;
    status: Status;
    model: string | null;
    notebook: string | null;
    notebook_path: string | null;
    cell_id: string | null;
    attributes: Record<string, unknown> | null;
    [column: string]: unknown;
  };
  messages: IMessage[];
  /** Messages that it read in all; of a long context `messages` has the last ones. */
  input_messages: number;
  attempts: {
    attempt: number;
    started_at: number | null;
    duration_ms: number | null;
    status_code: number | null;
    error_type: string | null;
    error_message: string | null;
    retry_after_seconds: number | null;
  }[];
  links: { direction: 'reads' | 'read_by'; span_id: string; trace_id: string | null; name: string | null }[];
  feedback: IFeedback[];
  sample: Record<string, unknown> | null;
  scores: IScore[];
}
