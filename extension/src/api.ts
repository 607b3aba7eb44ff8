/** Requests to the workbench's server extension; what comes back is described in `wire.ts` and `wire_runs.ts`. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { ISpend } from './spend';
import { arrays, queryString } from './query';
import { spread } from './trace/screen';
import type * as Wire from './wire';
import type * as Runs from './wire_runs';

export type * from './wire';
export type * from './wire_runs';

/** The server extension is not there: not installed in the server's environment, or not enabled. */
export class MissingServerError extends Error {}

/** The server answered that it cannot: `message` says why, `hint` what mends it. */
export class RefusedError extends ServerConnection.ResponseError {
  constructor(
    response: Response,
    /** `missing` (no store yet), `absent` (no such row), `busy`, `open_elsewhere`, `newer`, `foreign`, `unreadable`,
     * `question`, or `request` for what was asked wrongly. */
    readonly kind: string,
    readonly reason: string,
    readonly hint: string
  ) {
    super(response, hint ? `${reason} ${hint}` : reason);
  }
}

/** Whether nothing was traced there yet, so that there is no store. */
export const isMissing = (problem: unknown): boolean => problem instanceof RefusedError && problem.kind === 'missing';

type Settings = ServerConnection.ISettings;

async function ask(settings: Settings, endpoint: string, init: RequestInit = {}): Promise<Response> {
  const url = URLExt.join(settings.baseUrl, 'workbench', endpoint);
  const response = await ServerConnection.makeRequest(url, { cache: 'no-store', ...init }, settings);
  if (response.ok) {
    return response;
  }
  // jupyter-server's own 404 page is HTML; ours is JSON with a message
  const body = await response.json().catch(() => null);
  const text = (name: string) => (typeof body?.[name] === 'string' ? (body[name] as string) : '');
  if (response.status === 404 && !text('message')) {
    throw new MissingServerError(url);
  }
  throw new RefusedError(response, text('kind') || 'request', text('message') || response.statusText, text('hint'));
}

async function get<T>(
  settings: Settings,
  endpoint: string,
  query: Record<string, unknown> = {},
  signal?: AbortSignal
): Promise<T> {
  const response = await ask(settings, `${endpoint}${queryString(query)}`, { signal });
  return (await response.json()) as T;
}

async function post<T>(settings: Settings, endpoint: string, where: Wire.IWhere, body: object): Promise<T> {
  const init = { method: 'POST', body: JSON.stringify(body) };
  return (await (await ask(settings, `${endpoint}${queryString({ ...where })}`, init)).json()) as T;
}

/** The version of the Python package that the server runs. */
export async function fetchVersion(settings: Settings): Promise<string> {
  return (await get<{ version: string }>(settings, 'version')).version;
}

/** What the calls of the notebook at `path` came to so far. */
export function fetchSpend(settings: Settings, path: string): Promise<ISpend> {
  return get<ISpend>(settings, 'status', { notebook: path });
}

/** Asks about one store; every call can be given up by its `signal`. */
export class StoreClient {
  constructor(
    readonly settings: Settings,
    /** Which store; the one of the server's root folder by default. */
    public where: Wire.IWhere = {}
  ) {}

  health(signal?: AbortSignal): Promise<Runs.IHealth> {
    return this.get('health', {}, signal);
  }

  /**
   * Resolves when the store is in another state than `since`, or after `wait_ms` (at most 20,000; 0 answers at once).
   * A poll that gives the last `state` back is live within a third of a second and costs the server nothing.
   */
  changes(since: string | null, wait_ms = 0, signal?: AbortSignal): Promise<{ state: string; changed: boolean }> {
    return this.get('changes', { since, wait_ms }, signal);
  }

  /** Kernels and other processes, the one that started last first. */
  sessions(query: Wire.ISpanFilters & IPaging = {}, signal?: AbortSignal): Promise<Wire.IPage<Wire.ISession>> {
    return this.get('sessions', query, signal);
  }

  /** The notebooks (of a session), the latest first. */
  async notebooks(filters: Wire.ISpanFilters = {}, signal?: AbortSignal): Promise<Wire.IPlace[]> {
    return (await this.get<{ rows: Wire.IPlace[] }>('places', { level: 'notebook', ...filters }, signal)).rows;
  }

  /** The cells (of a notebook in a session), the latest first. */
  async cells(filters: Wire.ISpanFilters = {}, signal?: AbortSignal): Promise<Wire.IPlace[]> {
    return (await this.get<{ rows: Wire.IPlace[] }>('places', { level: 'cell', ...filters }, signal)).rows;
  }

  /** The traces, newest first. */
  traces(query: Wire.ITraceFilters & IPaging = {}, signal?: AbortSignal): Promise<Wire.IPage<Wire.ITraceRow>> {
    return this.get('traces', query, signal);
  }

  /** What the calls of the selected traces came to; asked beside the page, which does not wait for it. */
  totals(filters: Wire.ITraceFilters = {}, signal?: AbortSignal): Promise<Wire.ITotals> {
    return this.get('totals', filters, signal);
  }

  /** The values that filters choose from. */
  facets(signal?: AbortSignal): Promise<Wire.IFacets> {
    return this.get('facets', {}, signal);
  }

  /** One trace; at most 20,000 spans unless `limit` (to 100,000) says more. */
  async trace(trace_id: string, limit?: number, signal?: AbortSignal): Promise<Wire.ITrace> {
    const found = await this.get<Wire.ITrace>(`traces/${encodeURIComponent(trace_id)}`, { limit }, signal);
    return { ...found, spans: arrays<Wire.ISpanColumns>(found.spans) };
  }

  /** What of a trace stands on its first screen, around a span or the one that tells most; a short trace whole. */
  async screen(trace_id: string, span_id: string | null = null, signal?: AbortSignal): Promise<Wire.ITrace> {
    const address = `traces/${encodeURIComponent(trace_id)}/screen`;
    const found = await this.get<Wire.ITrace | Wire.IScreen>(address, { span: span_id }, signal);
    return 'depths' in found ? spread(found) : { ...found, spans: arrays<Wire.ISpanColumns>(found.spans) };
  }

  /** One span with its messages (the last `limit` of what it read, 200 by default), attempts, feedback and scores. */
  span(span_id: string, limit?: number, signal?: AbortSignal): Promise<Wire.ISpanDetail> {
    return this.get(`spans/${encodeURIComponent(span_id)}`, { limit }, signal);
  }

  /** A message whole, where `span` gave its beginning. */
  message(message_hash: string, signal?: AbortSignal): Promise<Pick<Wire.IMessage, 'role' | 'text' | 'body'>> {
    return this.get(`messages/${encodeURIComponent(message_hash)}`, {}, signal);
  }

  /** How trace `b` differs from trace `a`. */
  diff(a: string, b: string, signal?: AbortSignal): Promise<Runs.IDiff> {
    return this.get(`diff/${encodeURIComponent(a)}/${encodeURIComponent(b)}`, {}, signal);
  }

  /** Calls, tokens, cost, latency and errors: in all, by columns such as `model`, and over time. */
  usage(
    query: Wire.ISpanFilters & { by?: string | string[]; bucket?: Runs.Bucket | 'auto' } = {},
    signal?: AbortSignal
  ): Promise<Runs.IUsageAnswer> {
    return this.get('usage', query, signal);
  }

  /** What failed, the most frequent first. */
  async errors(query: Wire.ISpanFilters & { limit?: number } = {}, signal?: AbortSignal): Promise<Runs.IErrorKind[]> {
    return (await this.get<{ rows: Runs.IErrorKind[] }>('errors', query, signal)).rows;
  }

  /** Spans far from others of their kind by `duration_ms`, `time_to_first_chunk_ms`, tokens or `cost_usd`. */
  async outliers(
    query: Wire.ISpanFilters & { measure?: string; threshold?: number; limit?: number } = {},
    signal?: AbortSignal
  ): Promise<Runs.IOutlier[]> {
    return (await this.get<{ rows: Runs.IOutlier[] }>('outliers', query, signal)).rows;
  }

  /** Accuracy against cost of the latest evaluations. */
  async results(limit?: number, signal?: AbortSignal): Promise<Runs.IResult[]> {
    return (await this.get<{ rows: Runs.IResult[] }>('results', { limit }, signal)).rows;
  }

  /** Runs that no run is around, or those in `parent_run_id`, newest first. */
  runs(
    query: { kind?: string; parent_run_id?: string } & IPaging = {},
    signal?: AbortSignal
  ): Promise<Wire.IPage<Runs.IRunRow>> {
    return this.get('runs', query, signal);
  }

  run(run_id: string, signal?: AbortSignal): Promise<Runs.IRunDetail> {
    return this.get(`runs/${encodeURIComponent(run_id)}`, {}, signal);
  }

  /** A metric of some runs (at most 200) over their steps, thinned to about `points` for each run and task. */
  async curves(run_id: string[], name: string, points?: number, signal?: AbortSignal): Promise<Runs.ICurves> {
    return arrays<Runs.ICurves>(await this.get('curves', { run_id, name, points }, signal));
  }

  /** The samples of an evaluation, each with the score of `scorer`; `start` leaves out so many. */
  async samples(
    run_id: string,
    query: {
      scorer?: string;
      program?: string;
      verdict?: 'right' | 'wrong' | 'missing';
      limit?: number;
      start?: number;
    } = {},
    signal?: AbortSignal
  ): Promise<Runs.ISample[]> {
    return (await this.get<{ rows: Runs.ISample[] }>(`runs/${encodeURIComponent(run_id)}/samples`, query, signal)).rows;
  }

  /** Two evaluations, sample by sample. */
  runDiff(a: string, b: string, signal?: AbortSignal): Promise<Runs.IRunDiff> {
    return this.get(`run-diff/${encodeURIComponent(a)}/${encodeURIComponent(b)}`, {}, signal);
  }

  /**
   * Says something of a span: `{name: 'thumbs', bool: true}`, `{name: 'label', label: 'off-topic'}`,
   * `{name: 'note', comment: '…'}`. The same person's second word of a name and label takes the first's place;
   * `clear: true` takes it back.
   */
  giveFeedback(given: IGiven): Promise<{ feedback_id: string }> {
    return post(this.settings, 'feedback', this.where, given);
  }

  /** Adds traces to a `.jsonl` file below the server's root; those in it already are left. */
  addToDataset(file: string, traces: string[]): Promise<IAdded> {
    return post(this.settings, 'dataset', this.where, { file, traces });
  }

  /** Traces as a file: `otlp` (OpenTelemetry, whole traces) or `chat` (fine-tuning, one call a line). */
  async exportTraces(traces: string[], format: 'otlp' | 'chat'): Promise<Blob> {
    const query = queryString({ ...this.where, trace_id: traces, format });
    return (await ask(this.settings, `export${query}`)).blob();
  }

  private get<T>(endpoint: string, query: object, signal?: AbortSignal): Promise<T> {
    return get<T>(this.settings, endpoint, { ...this.where, ...query }, signal);
  }
}

/** Rows of a page (50 by default), and the cursor of the page before. */
export interface IPaging {
  limit?: number;
  after?: string;
}

/** What is said of a span. */
export interface IGiven {
  span_id: string;
  name: 'thumbs' | 'label' | 'note' | string;
  bool?: boolean;
  number?: number;
  label?: string;
  comment?: string;
  clear?: boolean;
}

/** What became of traces that were added to a data set. */
export interface IAdded {
  path: string;
  added: number;
  /** In the file already. */
  known: number;
  /** Left out: no message was stored. */
  without_question: number;
}
