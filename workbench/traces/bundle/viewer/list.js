// The list of traces, latest first, in pages.

const PAGE = 200;

const NOT_OK = { partly: "failed inside", error: "failed", interrupted: "interrupted", running: "running" };

const traceRow = (trace, isChosen, data) =>
  element("a", {
    href: `#${trace.root.span_id}`,
    class: `trace ${trace.status}`,
    "aria-current": isChosen ? "true" : undefined,
  },
  element("span", { class: "name" }, trace.root.name),
  element("span", { class: "number" }, seconds((trace.end - trace.start) / 1000)),
  element("span", { class: "asked name" }, questionOf(trace, data)),
  element("span", { class: "quiet name" }, moment(trace.start),
    NOT_OK[trace.status] && element("b", { class: "state" }, ` ${NOT_OK[trace.status]}`)),
  element("span", { class: "number quiet" }, trace.calls ? `${tokens(trace)} · ${cost(trace)}` : ""));

const listView = (traces, data, chosen, shown, onMore) => [
  element("p", { class: "facts", role: "status" }, traces.length === 1 ? "1 trace" : `${count(traces.length)} traces`),
  ...traces.slice(0, shown).map((trace) => traceRow(trace, trace === chosen, data)),
  ...(traces.length > shown
    ? [element("button", { type: "button", onclick: onMore }, `Show ${Math.min(PAGE, traces.length - shown)} more`)]
    : []),
];

const totalsView = (data, traces) => {
  const all = { calls: 0, input: undefined, output: undefined, cost: undefined, unpriced: 0 };
  for (const trace of traces) {
    for (const name of ["calls", "input", "output", "cost", "unpriced"]) all[name] = add(all[name], trace[name]);
  }
  const pairs = [
    ["traces", count(traces.length)],
    ["spans", count(data.spans.length)],
    ["calls", count(all.calls)],
    ["tokens in", count(all.input)],
    ["tokens out", count(all.output)],
    ["cost", cost(all)],
    ["failed spans", count(data.spans.filter((span) => span.status === "error").length)],
  ];
  return pairs.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
};
