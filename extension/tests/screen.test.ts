import { spread } from '../src/trace/screen';
import { Spans } from '../src/trace/spans';
import { labelOf } from '../src/trace/waterfall';
import { trans } from './words';

const screen = {
  trace_id: 'a',
  trace_spans: 4,
  started_at: 1,
  duration_ms: 9,
  notebooks: {},
  depths: [0, 1, 1, 2],
  first: 2,
  spans: {
    length: 2,
    columns: {
      span_id: ['c', 'd'],
      name: { values: ['ask', 'chat pocket'], codes: [0, 1] },
      operation: { values: ['invoke_agent', 'chat'], codes: [0, 1] },
      status: { values: ['ok'], codes: [0, 0] },
      depth: [1, 2],
      offset_ms: [3, 4],
      end_ms: [8, 5]
    }
  }
};

test('the rows of the first screen stand in their places, and the others are blank', () => {
  const trace = spread(screen);
  const spans = new Spans(trace.spans);
  expect(trace.is_part).toBe(true);
  expect(spans.length).toBe(4);
  expect(trace.spans.depth).toEqual([0, 1, 1, 2]);
  expect(trace.spans.name).toEqual(['', '', 'ask', 'chat pocket']);
  expect([0, 1, 2, 3].map(row => spans.isRead(row))).toEqual([false, false, true, true]);
  expect([spans.find('d'), spans.telling]).toEqual([3, 3]);
  expect(labelOf(spans, 0, trans)).toBe('not read yet');
  expect(Object.values(trace.spans).every(one => one === 4 || (one as unknown[]).length === 4)).toBe(true);
});
