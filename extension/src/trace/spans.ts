import type { ISpanColumns, ITrace } from '../wire';

type Piece = ITrace['critical_path']['pieces'][number];

/** What a bar is coloured by. */
export type Kind = 'model' | 'tool' | 'agent' | 'other';

const MODEL = /^(?:nested_)?(?:chat|generate_content|text_completion|embeddings)$/;
const WORDS = ['name', 'model', 'tool_name', 'error_type', 'error_message', 'method', 'role'] as const;
const NOTHING: readonly Piece[] = [];

/** The spans of a trace in depth-first order, with what is asked of them while they are drawn. */
export class Spans {
  private readonly pieces = new Map<number, Piece[]>();
  private readonly rows: Map<string, number>;

  constructor(
    readonly columns: ISpanColumns,
    path: readonly Piece[] = []
  ) {
    this.rows = new Map(columns.span_id.map((id, row) => [id, row]));
    for (const piece of path) {
      const { row } = piece;
      if (row !== null) {
        const before = this.pieces.get(row);
        if (before) {
          before.push(piece);
        } else {
          this.pieces.set(row, [piece]);
        }
      }
    }
  }

  get length(): number {
    return this.columns.length;
  }

  /** Whether the row was read: of a long trace those on the first screen come before the others. */
  isRead(row: number): boolean {
    return this.columns.span_id[row] !== '';
  }

  /** The row of the span with this id; -1 where the trace has none. */
  find(spanId: string): number {
    return this.rows.get(spanId) ?? -1;
  }

  /** What kind of work a span is. */
  kind(row: number): Kind {
    const operation = this.columns.operation[row] ?? '';
    if (MODEL.test(operation)) {
      return 'model';
    }
    return operation === 'execute_tool' ? 'tool' : operation.startsWith('invoke_') ? 'agent' : 'other';
  }

  /** The span that says most of the trace: its last model call, which read what came before; the root without one. */
  get telling(): number {
    for (let row = this.length - 1; row > 0; row--) {
      if (this.kind(row) === 'model' && this.columns.status[row] !== 'error') {
        return row;
      }
    }
    return 0;
  }

  /** The parts of a span's time that the trace's duration waited for. */
  critical(row: number): readonly Piece[] {
    return this.pieces.get(row) ?? NOTHING;
  }

  /** The next span after `from` in which the words stand, round the end; -1 where there is none. */
  next(words: string, from: number): number {
    const wanted = words.trim().toLowerCase();
    for (let step = 1; wanted && step <= this.length; step++) {
      const row = (from + step) % this.length;
      if (WORDS.some(name => this.columns[name][row]?.toLowerCase().includes(wanted))) {
        return row;
      }
    }
    return -1;
  }
}
