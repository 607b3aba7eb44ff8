// The data of the page: base64 of gzip of JSON, decoded by the browser itself, and the traces in it.

const bytesOf = (id) => {
  const binary = atob(document.getElementById(id).textContent);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
};

const decoded = async (id) => {
  const stream = new Blob([bytesOf(id)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
};

const add = (total, value) => (value === undefined ? total : (total ?? 0) + value);

// A call inside a call is part of it, so only the outer one counts.
const outerCalls = (span, calls) =>
  calls.has(span.operation) ? [span] : span.children.flatMap((child) => outerCalls(child, calls));

const totalsOf = (roots, calls) => {
  const total = { calls: 0, input: undefined, output: undefined, cost: undefined, unpriced: 0 };
  for (const call of roots.flatMap((root) => outerCalls(root, calls))) {
    total.calls += 1;
    total.input = add(total.input, call.input_tokens);
    total.output = add(total.output, call.output_tokens);
    total.cost = add(total.cost, call.cost_usd);
    total.unpriced += call.cost_usd === undefined ? 1 : 0;
  }
  return total;
};

const statusOf = (spans, root) =>
  root.status === "ok" && spans.some((span) => span.status === "error") ? "partly" : root.status;

const traceOf = (id, spans, calls) => {
  const byId = new Map(spans.map((span) => [span.span_id, span]));
  const roots = [];
  for (const span of spans) {
    const above = byId.get(span.parent_id);
    (above && above !== span ? above.children : roots).push(span);
  }
  const root = roots[0] ?? spans[0];
  const start = Math.min(...spans.map((span) => span.started_us));
  const end = Math.max(...spans.map((span) => span.started_us + 1000 * (span.duration_ms ?? 0)));
  return { id, spans, roots, root, start, end, status: statusOf(spans, root), ...totalsOf(roots, calls) };
};

const tracesOf = (data) => {
  const calls = new Set(data.calls);
  const groups = new Map();
  for (const span of data.spans) {
    span.children = [];
    groups.has(span.trace_id) ? groups.get(span.trace_id).push(span) : groups.set(span.trace_id, [span]);
  }
  const traces = [...groups].map(([id, spans]) => traceOf(id, spans, calls));
  return traces.sort((one, other) => other.start - one.start);
};

// All that can be searched of a span, in small letters; made when it is first asked for.
const wordsOf = (span, data) => {
  if (span.words === undefined) {
    const said = [span.name, span.model, span.tool_name, span.error_type, span.error_message, span.notebook];
    const messages = data.span_messages[span.span_id] ?? {};
    for (const hash of [...(messages.input ?? []), ...(messages.output ?? [])]) {
      said.push(JSON.stringify(data.messages[hash]?.parts ?? ""), textOf(data.messages[hash]));
    }
    said.push(JSON.stringify(span.attributes ?? ""));
    span.words = said.filter(Boolean).join("\n").toLowerCase();
  }
  return span.words;
};

const textOf = (message) =>
  (message?.parts ?? []).map((part) => part.content ?? part.response).filter((text) => typeof text === "string").join("\n");

// What was asked first in the trace, in a few words.
const questionOf = (trace, data) => {
  const first = trace.spans.find((span) => data.span_messages[span.span_id]?.input);
  const asked = (first ? data.span_messages[first.span_id].input : []).map((hash) => data.messages[hash]);
  return textOf(asked.findLast((message) => message?.role === "user")).slice(0, 160);
};
