import { count, duration, firstLine, money, when } from '../src/amounts';
import { barOf, sidesOf, ticksOf, zoomed } from '../src/trace/scale';

test('a bar lies where its time lies in what is shown', () => {
  expect(barOf(0, 100, { from: 0, to: 100 })).toEqual({ left: 0, width: 100 });
  expect(barOf(25, 50, { from: 0, to: 100 })).toEqual({ left: 25, width: 25 });
  expect(barOf(25, 200, { from: 50, to: 100 })).toEqual({ left: 0, width: 100 });
  expect(barOf(0, 10, { from: 50, to: 100 })).toBeNull();
  expect(barOf(5, 3, { from: 0, to: 10 })).toEqual({ left: 50, width: 0 });
  expect(barOf(0, 0, { from: 0, to: 0 })).toBeNull();
});

test('an axis has round moments, and not too many', () => {
  expect(ticksOf({ from: 0, to: 100 }, 5)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(ticksOf({ from: 0, to: 0.3 }, 4).map(tick => Number(tick.toFixed(6)))).toEqual([0, 0.1, 0.2, 0.3]);
  expect(ticksOf({ from: 0, to: 0 }, 5)).toEqual([]);
  for (const length of [0.0004, 7, 999, 86_400_000]) {
    const ticks = ticksOf({ from: length / 3, to: length }, 6);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThanOrEqual(7);
    expect(ticks[0]).toBeGreaterThanOrEqual(length / 3);
  }
});

test('the words of an axis stand beside their marks, inside it and not in one another', () => {
  expect(sidesOf([0, 60, 120], 200, 44)).toEqual(['behind', 'behind', 'behind']);
  expect(sidesOf([0, 127], 128, 44)).toEqual(['behind', 'before']);
  expect(sidesOf([0, 60, 119], 128, 44)).toEqual(['behind', 'behind', null]);
  expect(sidesOf([0, 20, 60], 128, 44)).toEqual(['behind', null, 'behind']);
  expect(sidesOf([0], 10, 44)).toEqual([null]);
});

test('zooming keeps the moment under the pointer, and stays inside the trace', () => {
  expect(zoomed({ from: 0, to: 100 }, 100, 2, 50)).toEqual({ from: 25, to: 75 });
  expect(zoomed({ from: 25, to: 75 }, 100, 0.5, 50)).toEqual({ from: 0, to: 100 });
  expect(zoomed({ from: 0, to: 50 }, 100, 2, 0)).toEqual({ from: 0, to: 25 });
  expect(zoomed({ from: 0, to: 100 }, 100, 0.1, 90)).toEqual({ from: 0, to: 100 });
});

test('amounts are short, and what is not known is not zero', () => {
  expect([0.25, 3.14159, 250, 2500, 61_000, 3_700_000].map(value => duration(value, 'en-US'))).toEqual([
    '250 µs',
    '3.1 ms',
    '250 ms',
    '2.5 s',
    '1 min 1 s',
    '1 h 1 min'
  ]);
  expect(duration(null)).toBe('—');
  expect(count(9999, 'en-US')).toBe('9,999');
  expect(count(1_234_567, 'en-US')).toBe('1.2M');
  expect(count(null)).toBe('—');
  expect(money(0.5, null, 'en-US')).toBe('$0.50');
  expect(money(null, 0.5, 'en-US')).toBe('$0.50 + ?');
  expect(money(null, 0, 'en-US')).toBe('$ ?');
});

test('a time says no more than is needed, and a text its first line', () => {
  const now = new Date(2026, 10, 21, 12, 0, 0);
  expect(when(new Date(2026, 10, 21, 9, 5, 7), now, 'en-GB')).toBe('09:05');
  expect(when(new Date(2026, 10, 20, 9, 5, 7), now, 'en-GB')).toContain('20 Nov');
  expect(when(new Date(2025, 10, 20, 9, 5, 7), now, 'en-GB')).toContain('2025');
  expect(firstLine('\n  one  \ntwo')).toBe('one');
  expect(firstLine('abc', 2)).toBe('ab…');
});
