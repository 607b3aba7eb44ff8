/** A part of a trace's time, as a bar's place in percent of the width. */
export interface IBar {
  left: number;
  width: number;
}

/** The time that a waterfall shows, in milliseconds since the trace began. */
export interface ISpanOfTime {
  from: number;
  to: number;
}

/** Where a bar lies; null where nothing of it is in what is shown. A bar of no length keeps a hair's width by CSS. */
export function barOf(start: number, end: number, shown: ISpanOfTime): IBar | null {
  const length = shown.to - shown.from;
  if (length <= 0 || end < shown.from || start > shown.to) {
    return null;
  }
  const left = Math.max(0, (start - shown.from) / length);
  const right = Math.min(1, (Math.max(start, end) - shown.from) / length);
  return { left: left * 100, width: (right - left) * 100 };
}

const STEPS = [1, 2, 5];

/** Round moments for an axis, at most `most` of them. */
export function ticksOf(shown: ISpanOfTime, most: number): number[] {
  const length = shown.to - shown.from;
  if (!(length > 0) || most < 1) {
    return [];
  }
  const least = length / most;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = (STEPS.find(factor => factor * power >= least) ?? 10) * power;
  const ticks: number[] = [];
  for (let index = Math.ceil(shown.from / step); index * step <= shown.to * (1 + 1e-9) && ticks.length <= most; index++) {
    ticks.push(index * step);
  }
  return ticks;
}

/** Where the words of an axis' marks stand: behind their mark, before it where the end is near, or nowhere. */
export function sidesOf(places: readonly number[], width: number, label: number): ('behind' | 'before' | null)[] {
  let free = 0;
  return places.map(place => {
    const side = place < free ? null : place + label < width ? 'behind' : place - label >= free ? 'before' : null;
    free = side === 'behind' ? place + label : side === 'before' ? place : free;
    return side;
  });
}

/** What is shown after zooming by a factor around a moment, inside the trace and no closer than a microsecond. */
export function zoomed(shown: ISpanOfTime, whole: number, factor: number, around: number): ISpanOfTime {
  const length = Math.min(whole, Math.max(0.001, (shown.to - shown.from) / factor));
  const share = shown.to > shown.from ? (around - shown.from) / (shown.to - shown.from) : 0.5;
  const from = Math.min(Math.max(0, around - share * length), Math.max(0, whole - length));
  return { from, to: from + length };
}
