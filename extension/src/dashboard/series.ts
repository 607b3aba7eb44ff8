import type { TranslationBundle } from '@jupyterlab/translation';

import type { IMatrix, IUsage, IUsageAnswer } from '../wire_runs';

/** A line of a chart: points in their order; null is unknown and breaks the line. */
export interface ISeries {
  name: string;
  points: [number, number | null][];
  /** The second of a pair is dashed. */
  dashed?: boolean;
}

/** What calls can be told apart by. */
export const GROUPS = ['model', 'method', 'notebook'] as const;
export type Group = (typeof GROUPS)[number];

/** Parts of a call's tokens that do not overlap, so that they add up. */
export const PARTS = ['input', 'cache read', 'cache write', 'output', 'reasoning'] as const;
export type Part = (typeof PARTS)[number];

/** The name of a group as a reader sees it; a call without one has a name, too. */
export function nameOf(row: IUsage, by: Group, trans: TranslationBundle): string {
  const value = row[by];
  const none = { model: trans.__('no model'), method: trans.__('no method'), notebook: trans.__('no notebook') };
  return typeof value === 'string' && value !== '' ? value : none[by];
}

/** The groups with the most calls by their own names, and the rest as one. */
export function groupsOf(answer: IUsageAnswer, by: Group, most: number, trans: TranslationBundle): string[] {
  return answer.groups.slice(0, most).map(row => nameOf(row, by, trans));
}

/** One line for each of the largest groups: a measure over time. A piece of time without calls has no point. */
export function overTime(
  answer: IUsageAnswer,
  by: Group,
  most: number,
  trans: TranslationBundle,
  measure: (row: IUsage) => number | null
): ISeries[] {
  const names = groupsOf(answer, by, most, trans);
  const lines = new Map<string, ISeries>(names.map(name => [name, { name, points: [] }]));
  for (const row of answer.over_time) {
    lines.get(nameOf(row, by, trans))?.points.push([row.time, measure(row)]);
  }
  return [...lines.values()];
}

/** A cost as far as it is known: null where no call's is, which is not zero. */
export function knownCost(row: IUsage): number | null {
  return row.calls > 0 && row.cost_unknown >= row.calls ? null : row.known_cost_usd;
}

/** The parts of a group's tokens; all null where no call's were counted. */
export function partsOf(row: IUsage): Record<Part, number | null> {
  const { input_tokens, output_tokens } = row;
  if (input_tokens === null && output_tokens === null) {
    return { input: null, 'cache read': null, 'cache write': null, output: null, reasoning: null };
  }
  const read = row.cache_read_tokens ?? 0;
  const written = row.cache_write_tokens ?? 0;
  const thought = row.reasoning_tokens ?? 0;
  return {
    input: Math.max((input_tokens ?? 0) - read - written, 0),
    'cache read': read,
    'cache write': written,
    output: Math.max((output_tokens ?? 0) - thought, 0),
    reasoning: thought
  };
}

/** What a strategy's seeds came to: the mean of each cell over the seeds that have it, and how many seeds there are. */
export interface IMeanMatrix {
  name: string;
  seeds: number;
  accuracy: (number | null)[][];
}

/** The mean matrix of each strategy; a cell that no seed has is null. */
export function meanMatrices(matrices: IMatrix[]): IMeanMatrix[] {
  const grouped = new Map<string, IMatrix[]>();
  for (const matrix of matrices) {
    const name = matrix.strategy ?? matrix.name ?? '';
    grouped.set(name, [...(grouped.get(name) ?? []), matrix]);
  }
  const sorted = [...grouped].sort(([one], [other]) => one.localeCompare(other, undefined, { numeric: true }));
  return sorted.map(([name, same]) => {
    const size = Math.max(...same.map(one => one.accuracy.length));
    const rows = Array.from({ length: size }, (_, step) =>
      Array.from({ length: size }, (__, task) =>
        mean(same.map(one => one.accuracy[step]?.[task]).filter((value): value is number => typeof value === 'number'))
      )
    );
    return { name, seeds: same.length, accuracy: rows };
  });
}

/** The mean of what is there; null of nothing. */
export function mean(values: number[]): number | null {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}

/** Which points no other one beats: is as cheap and better, or as good and cheaper. An unknown cost is on no front. */
export function paretoFront(points: { cost: number | null; value: number }[]): boolean[] {
  return points.map(
    ({ cost, value }) =>
      cost !== null &&
      !points.some(
        other =>
          other.cost !== null &&
          other.cost <= cost &&
          other.value >= value &&
          (other.cost < cost || other.value > value)
      )
  );
}

/** The least and the greatest of the numbers that are known; null where none is. */
export function extent(values: (number | null)[]): [number, number] | null {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  return known.length ? [Math.min(...known), Math.max(...known)] : null;
}
