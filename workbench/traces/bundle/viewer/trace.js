// One trace: its spans as a tree, each with its bar on the trace's time.

const bar = (span, trace) => {
  const whole = Math.max(trace.end - trace.start, 1);
  const left = (100 * (span.started_us - trace.start)) / whole;
  const width = (100 * 1000 * (span.duration_ms ?? 0)) / whole;
  return element("span", { class: "lane", "aria-hidden": "true" },
    element("span", { class: "bar", left: `${left.toFixed(3)}%`, width: `${width.toFixed(3)}%` }));
};

const spanRow = (span, trace, depth, chosen, isMatch) =>
  element("a", {
    href: `#${span.span_id}`,
    id: `row-${span.span_id}`,
    class: `span ${kindOf(span)} ${span.status}${isMatch ? " match" : ""}`,
    "aria-current": span === chosen ? "true" : undefined,
    title: span.error_message ?? span.name,
    depth,
  },
  element("span", { class: "name" }, span.name),
  bar(span, trace),
  element("span", { class: "number" }, seconds(span.duration_ms)),
  element("span", { class: "number" }, span.output_tokens === undefined ? "" : count(span.output_tokens)));

const kindOf = (span) => {
  if (span.operation === "execute_tool") return "tool";
  return ["chat", "generate_content", "text_completion", "embeddings"].includes(span.operation) ? "model" : "other";
};

// Depth first without recursion: a chain of calls may be thousands deep.
const inOrder = (roots) => {
  const rows = [];
  const waiting = [...roots].reverse().map((root) => [root, 0]);
  while (waiting.length) {
    const [span, depth] = waiting.pop();
    rows.push([span, depth]);
    for (let place = span.children.length - 1; place >= 0; place -= 1) waiting.push([span.children[place], depth + 1]);
  }
  return rows;
};

const traceView = (trace, chosen, matches) => [
  element("h2", {}, trace.root.name),
  element("p", { class: "facts" }, [
    `${count(trace.spans.length)} spans`,
    `${count(trace.calls)} calls`,
    `${tokens(trace)} tokens`,
    cost(trace),
    seconds((trace.end - trace.start) / 1000),
  ].join(" · ")),
  element("div", { class: "head" }, element("span", {}, "span"), element("span", {}, "time"),
    element("span", { class: "number" }, "took"), element("span", { class: "number" }, "tokens out")),
  ...inOrder(trace.roots).map(([span, depth]) => spanRow(span, trace, Math.min(depth, 24), chosen, matches.has(span))),
];
