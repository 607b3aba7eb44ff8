// One span: its messages, attempts, scores and columns.

const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const SHOWN_APART = new Set([
  "children", "words", "span_id", "trace_id", "parent_id", "name", "operation", "status", "started_us", "attributes",
  "error_type", "error_message",
]);

const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

const partView = (part, words) => {
  if (part.type === "text") return element("pre", {}, marked(part.content ?? "", words));
  if (part.type === "reasoning") {
    return element("details", {}, element("summary", {}, "Reasoning"), element("pre", {}, marked(part.content ?? "", words)));
  }
  if (part.type === "tool_call") {
    return element("div", { class: "call" }, element("b", {}, `calls ${part.name ?? ""}`),
      element("pre", {}, marked(pretty(part.arguments) ?? "", words)));
  }
  if (part.type === "tool_call_response") {
    return element("div", { class: "call" }, element("b", {}, `${part.name ?? "tool"} ${part.is_error ? "failed" : "gave"}`),
      element("pre", {}, marked(pretty(part.response) ?? "", words)));
  }
  if (part.type === "blob" && PICTURES.has(part.mime_type)) {
    return element("img", { alt: "A picture in the message", src: `data:${part.mime_type};base64,${part.content}` });
  }
  return element("pre", {}, marked(pretty(part), words));
};

const messageView = (message, words) =>
  element("article", { class: `message ${message?.role ?? "unknown"}` },
    element("h4", {}, message?.role ?? "unknown"),
    ...(message ? message.parts.map((part) => partView(part, words)) : ["This message is not in the bundle."]));

const messagesView = (title, hashes, data, words, folded) => {
  if (!hashes?.length) return undefined;
  const views = hashes.map((hash) => messageView(data.messages[hash], words));
  const older = folded && views.length > 4 ? views.splice(0, views.length - 3) : [];
  const more = older.length &&
    element("details", {}, element("summary", {}, `${older.length} earlier messages`), ...older);
  return element("section", {}, element("h3", {}, title), ...(more ? [more] : []), ...views);
};

const pairsView = (title, pairs) =>
  pairs.length
    ? element("details", { class: "pairs" }, element("summary", {}, title),
      element("table", {}, element("tbody", {}, ...pairs.map(([name, value]) =>
        element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, element("pre", {}, pretty(value))))))))
    : undefined;

const rowsView = (title, rows) => {
  if (!rows?.length) return undefined;
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return element("section", {}, element("h3", {}, title), element("div", { class: "wide" }, element("table", {},
    element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, ...rows.map((row) =>
      element("tr", {}, ...names.map((name) => element("td", {}, String(row[name] ?? UNKNOWN)))))))));
};

const facts = (span) =>
  [
    span.status,
    seconds(span.duration_ms),
    span.model,
    tokens({ input: span.input_tokens, output: span.output_tokens }) === UNKNOWN
      ? undefined
      : `${tokens({ input: span.input_tokens, output: span.output_tokens })} tokens`,
    span.cost_usd === undefined ? span.cost_reason && `cost unknown: ${span.cost_reason}` : money(span.cost_usd),
    `${moment(span.started_us)} UTC`,
  ].filter(Boolean).join(" · ");

const detailsView = (span, data, words) => {
  const messages = data.span_messages[span.span_id] ?? {};
  const columns = Object.entries(span).filter(([name]) => !SHOWN_APART.has(name));
  const error = span.error_message ?? span.error_type;
  return [
    element("h2", {}, span.name),
    element("p", { class: "facts" }, facts(span)),
    error && element("pre", { class: "failure" },
      marked(span.error_type && span.error_message ? `${span.error_type}: ${span.error_message}` : error, words)),
    messagesView("Input", messages.input, data, words, !words.length),
    messagesView("Output", messages.output, data, words, false),
    rowsView("Attempts", data.attempts[span.span_id]),
    rowsView("Scores", data.scores[span.trace_id]),
    rowsView("Feedback", data.feedback[span.span_id]),
    pairsView("Attributes", Object.entries(span.attributes ?? {})),
    pairsView("Columns", [["span_id", span.span_id], ["trace_id", span.trace_id], ...columns]),
  ].filter(Boolean);
};
