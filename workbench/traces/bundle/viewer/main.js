// What is chosen, in the address after the #, and what is searched decide what is shown.

const place = (id) => document.getElementById(id);

const save = () => {
  const link = element("a", {
    href: URL.createObjectURL(new Blob([bytesOf("tables")], { type: "application/zip" })),
    download: "traces.zip",
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

const begin = async () => {
  const data = await decoded("data");
  const traces = tracesOf(data);
  const state = { shown: PAGE, words: [], wanted: traces, matches: new Set() };
  const traceById = new Map(traces.flatMap((trace) => trace.spans.map((span) => [span.span_id, trace])));

  const show = () => {
    const id = location.hash.slice(1);
    const trace = traceById.get(id) ?? state.wanted[0];
    const span = trace?.spans.find((one) => one.span_id === id) ?? trace?.root;
    const more = () => {
      state.shown += PAGE;
      show();
    };
    place("list").replaceChildren(...listView(state.wanted, data, trace, state.shown, more));
    place("trace").replaceChildren(...(trace ? traceView(trace, span, state.matches) : []));
    place("details").replaceChildren(...(span ? detailsView(span, data, state.words) : []));
    document.querySelector("#list [aria-current]")?.scrollIntoView({ block: "nearest" });
    document.querySelector("#trace [aria-current]")?.scrollIntoView({ block: "nearest" });
  };

  const search = () => {
    state.words = place("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (span) =>
      ["model", "status", "operation"].every((name) => !place(name).value || span[name] === place(name).value) &&
      state.words.every((word) => wordsOf(span, data).includes(word));
    const isAll = !state.words.length && ["model", "status", "operation"].every((name) => !place(name).value);
    state.matches = new Set(isAll ? [] : data.spans.filter(fits));
    state.wanted = isAll ? traces : traces.filter((trace) => trace.spans.some((span) => state.matches.has(span)));
    state.shown = PAGE;
    show();
  };

  place("made").textContent = data.about;
  place("totals").replaceChildren(...totalsView(data, traces));
  choices(place("model"), "all models", data.spans.map((span) => span.model));
  choices(place("status"), "any status", data.spans.map((span) => span.status));
  choices(place("operation"), "all operations", data.spans.map((span) => span.operation));
  place("filters").addEventListener("input", search);
  place("filters").addEventListener("submit", (event) => event.preventDefault());
  place("save").addEventListener("click", save);
  window.addEventListener("hashchange", show);
  show();
};

begin().catch((error) => {
  place("made").textContent = `This browser cannot show the traces: ${error}`;
});
