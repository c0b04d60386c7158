// What the page does without asking the server: gathers the choices, asks for one answer at a time (the latest wins),
// keeps the link in the address bar, saves charts, ticks the tour off.
(function () {
  "use strict";
  const MECHANISMS = "switch-";
  const GIVE_UP_MS = 40000;
  const state = {
    choices: null, asked: null, inFlight: 0, seq: 0, since: 0, moving: false, opened: null, timer: null, done: 0, of: 0,
    viewer: null, quiet: false, link: null, settled: "",
  };
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const nothing = () => window.dash_clientside.no_update;

  function viewer() {
    if (!state.viewer) state.viewer = Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
    return state.viewer;
  }

  // ---- one answer at a time ----
  function ask() {
    clearTimeout(state.timer);
    state.timer = setTimeout(askNow, 8);
  }
  function askNow() {
    if (!state.choices) return;
    if (state.inFlight && Date.now() - state.since < GIVE_UP_MS) return; // the answer asks again
    const fresh = !same(state.asked, model(state.choices));
    if (!fresh && (state.moving || (state.of && state.done >= state.of))) return settle();
    state.seq += 1;
    state.inFlight = state.seq;
    state.since = Date.now();
    if (fresh) state.done = 0;
    state.asked = model(state.choices);
    set("wanted", { data: { viewer: viewer(), seq: state.seq, choices: state.choices, moving: state.moving, have: state.done } });
  }
  // What the ensemble and its chart depend on; the rest of the choices needs no new runs.
  function model(choices) {
    const { view, month, seed, ...rest } = choices;
    return rest;
  }
  function answered(progress) {
    if (!progress) return nothing();
    if (progress.seq !== state.inFlight) return nothing();
    state.inFlight = 0;
    state.done = progress.done;
    state.of = progress.of;
    document.body.dataset.exact = progress.of && progress.done >= progress.of ? "yes" : "no";
    if (progress.failed) { state.of = state.done = 1; return nothing(); }
    if (progress.result) compare(progress);
    if (progress.query && same(state.asked, model(state.choices))) state.link = progress;
    if (!same(state.asked, model(state.choices)) || (state.done < state.of && !state.moving)) ask();
    else settle();
    return nothing();
  }
  // The numbers that a link came with, against those found here: said once, before anything is moved.
  function compare(progress) {
    const sent = state.opened && state.opened.sent, box = document.getElementById("link-check");
    if (!sent || !sent.result || state.compared) return;
    state.compared = true;
    if (sent.result === progress.result) { box.textContent = "The numbers are those of the link (result " + sent.result + ")."; return; }
    box.textContent = "The numbers differ from those of the link. There: " + sent.finding + " (result " + sent.result + "). Here: " + progress.finding + " (result " + progress.result + ").";
    box.classList.add("differs");
  }
  // The levers are at rest and the runs complete: everything else on the page may follow.
  function settle() {
    if (!state.choices || state.moving || state.inFlight) return;
    const key = JSON.stringify(state.choices);
    if (state.link && state.of && state.done >= state.of) {
      const query = new URLSearchParams(state.link.query);
      for (const name of ["view", "seed", "month"]) query.delete(name);
      const { view, seed, month } = state.choices;
      if (view !== "market") query.set("view", view);
      if (seed !== 1) query.set("seed", seed);
      if (month !== null) query.set("month", month);
      history.replaceState(null, "", "?" + query.toString());
      document.getElementById("result").textContent = " · result " + state.link.result;
    }
    if (key === state.settled || state.done < state.of) return;
    state.settled = key;
    set("settled", { data: { choices: state.choices } });
  }

  // ---- choices ----
  function gather() {
    const args = Array.from(arguments);
    const opened = args.pop();
    args.shift(); // says only that all controls have their values
    const [against, measure, view, seed, month] = args.splice(-5);
    if (!opened || !opened.values) return nothing();
    const names = opened.names;
    const changes = Object.assign({}, opened.more);
    names.forEach((path, i) => {
      const value = args[i];
      if (value === null || value === undefined) return;
      if (path.startsWith("mechanisms.")) { if (value !== opened.values[path]) changes[path] = value; return; }
      if (Math.abs(value - opened.values[path]) > 1e-9) changes[path] = opened.whole.includes(path) ? Math.round(value) : value;
      say(path, value);
    });
    const monthly = ["map", "funnel"].includes(view);
    const choices = {
      source: opened.source, text: opened.text, changes, against, measure, view,
      seed: Number.isInteger(seed) && seed >= 0 ? seed : 1, month: monthly && state.monthMoved ? month : null,
    };
    if (!state.quiet && state.month !== undefined && month !== state.month) {
      state.monthMoved = true;
      if (monthly) set("monthly", { data: { choices: { ...choices, month }, n: month } });
      choices.month = monthly ? month : null;
    }
    state.month = month;
    arrange(view, month, opened);
    if (state.quiet || same(choices, state.choices)) return nothing();
    if (state.choices) ticks(state.choices, choices);
    const needsRuns = !state.choices || !same(model(choices), model(state.choices));
    state.choices = choices;
    if (needsRuns) ask(); else settle();
    return choices;
  }
  function say(path, value) {
    const key = path.replaceAll(".", "-");
    const out = document.getElementById("shown-" + key);
    const box = out && out.closest(".lever");
    if (!box) return;
    const unit = box.dataset.unit;
    out.textContent = unit === "share" ? Math.round(100 * value) + " %" : value.toLocaleString("en-US", { maximumFractionDigits: 2 }) + " " + unit;
    box.classList.toggle("moved", state.opened !== null && Math.abs(value - state.opened.values[path]) > 1e-9);
  }
  function arrange(view, month, opened) {
    const show = (id, on) => { const box = document.getElementById(id); if (box) box.hidden = !on; };
    show("market-view", view === "market");
    show("batches-view", view === "batches");
    show("assess-view", view === "assess");
    show("run-view", !["market", "batches", "assess"].includes(view));
    document.body.dataset.view = view;
    show("seed-box", view !== "causes"); // causes rest on many seeds
    show("month-box", ["map", "funnel"].includes(view));
    for (const tab of document.querySelectorAll("#view [role=tab]")) {
      const name = tab.id.replace("view-tab-", "");
      tab.setAttribute("aria-controls", ["market", "batches", "assess"].includes(name) ? name + "-view" : "run-view");
    }
    const out = document.getElementById("shown-month");
    if (out) {
      const start = opened.start.split("-").map(Number);
      const at = start[0] * 12 + start[1] - 1 + month;
      out.textContent = new Date(Date.UTC(Math.floor(at / 12), at % 12)).toLocaleDateString("en-US", { month: "long", year: "numeric", timeZone: "UTC" });
    }
    if (state.view !== view) {
      state.view = view;
      setTimeout(() => { const tab = document.querySelector("#view [role=tab][aria-selected=true]"); if (tab) tab.scrollIntoView({ block: "nearest", inline: "nearest" }); }, 50);
      window.dispatchEvent(new Event("resize"));
    }
  }
  // A scenario was opened: every control takes its value from it.
  function opened(data) {
    if (!data || !data.values) return nothing();
    state.opened = data;
    state.quiet = true;
    state.monthMoved = data.month !== null;
    for (const [path, value] of Object.entries(data.now)) {
      const key = path.replaceAll(".", "-");
      if (path.startsWith("mechanisms.")) set(MECHANISMS + path.slice(11), { checked: value });
      else {
        const [min, max] = data.ranges[path];
        set("lever-" + key, { min: Math.min(min, value), max: Math.max(max, value), value });
        say(path, value);
      }
    }
    const against = [{ value: "today", label: "today" }, { value: "opened", label: "the scenario as opened" }, { value: "honest", label: "the same without gaming" }];
    set("against", { value: data.against, data: data.is_start ? against.filter((a) => a.value !== "opened") : against });
    set("source", { value: data.source || null });
    set("measure", { value: data.measure });
    set("view", { value: data.view });
    set("seed", { value: data.seed });
    set("month", { value: data.month === null ? data.peak : data.month, max: data.months - 1 });
    document.getElementById("theme-button").setAttribute("aria-pressed", String(dark()));
    document.getElementById("description").textContent = data.description;
    document.getElementById("scenario-title").textContent = data.title;
    // When Dash has taken all of it in, the choices are gathered once.
    setTimeout(() => { state.quiet = false; set("arranged", { data: data.n }); }, 60);
    return nothing();
  }

  // ---- the pointer: a lever that is held only previews ----
  document.addEventListener("pointerdown", (e) => { if (e.target.closest && e.target.closest(".mantine-Slider-root")) state.moving = true; }, true);
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => { if (state.moving) { state.moving = false; setTimeout(ask, 12); } }, true);
  }

  // ---- buttons ----
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest && event.target.closest(selector);
    let found;
    if ((found = at("[data-measure]"))) { set("measure", { value: found.dataset.measure }); set("view", { value: "market" }); tick("difference"); }
    else if ((found = at("[data-open]"))) set("source", { value: found.dataset.open });
    else if ((found = at("[data-replay]"))) set("batch-replay", { data: { run: Number(found.dataset.replay), n: Date.now() } });
    else if ((found = at("[data-take]"))) take(found.dataset.take, found.dataset.chart, found.dataset.of);
    else if (at("#theme-button")) theme(!dark());
    else if (at("#open-button")) set("open-window", { "data-shown": String(Date.now()) });
    else if ((found = at("[data-close]"))) found.closest("dialog").close();
    else if (event.target.tagName === "DIALOG") event.target.close(); // beside the window
    else if (at("#levers-button")) levers();
    else if (at("#reset-button") && state.opened) set("opened", { data: { ...state.opened, now: state.opened.values, more: {}, n: Date.now() } });
    else if (at("#tour-button") || at("#tour-close")) toggleTour();
    else if (at("#export-button")) location.assign("export.html" + location.search);
    else if (at("#paste-button")) paste();
    else if ((found = at("[data-copy]"))) copy(found);
  });
  async function copy(button) {
    const text = document.getElementById(button.dataset.copy).textContent;
    try { await navigator.clipboard.writeText(text); } catch {
      const range = document.createRange();
      range.selectNodeContents(document.getElementById(button.dataset.copy));
      getSelection().removeAllRanges(); getSelection().addRange(range);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  }
  function levers() {
    const open = document.body.classList.toggle("levers-open");
    document.getElementById("levers-button").setAttribute("aria-expanded", String(open));
  }
  function paste() {
    const text = document.querySelector("#paste").value;
    open({ name: "pasted text", text, from: "paste" });
  }
  function open(data) { set("open", { data: { seed: 1, ...data, n: Date.now() } }); }
  window.addEventListener("dragover", (e) => { e.preventDefault(); document.body.classList.add("dropping"); });
  window.addEventListener("dragleave", (e) => { if (!e.relatedTarget) document.body.classList.remove("dropping"); });
  window.addEventListener("drop", async (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    if (window.gridsimAssess.dropped(Array.from(event.dataTransfer.files))) return;
    const file = event.dataTransfer.files[0];
    if (!file) return;
    if (file.size > 256000) return open({ name: file.name, text: "", from: "drop", problem: "the file is larger than 256 kB" });
    open({ name: file.name, text: await file.text(), from: "drop" });
  });

  // ---- dark and light ----
  const dark = () => document.documentElement.getAttribute("data-mantine-color-scheme") === "dark";
  function theme(on) {
    document.documentElement.setAttribute("data-mantine-color-scheme", on ? "dark" : "light");
    localStorage.setItem("mantine-color-scheme-value", on ? "dark" : "light");
    const button = document.getElementById("theme-button");
    button.setAttribute("aria-pressed", String(on));
  }

  // ---- charts to take away ----
  async function take(kind, name, of) {
    const query = location.search;
    const rows = document.getElementById("csv-" + name); // a table that only the page has
    if (kind === "csv" && rows) return save(new Blob([rows.textContent], { type: "text/csv" }), "gridsim-" + name + ".csv");
    if (kind === "csv") return location.assign("csv/" + name + ".csv" + (of ? query + (query ? "&" : "?") + of : query));
    if (kind === "cite") return set("cited", { data: { chart: name, title: titleOf(name), link: location.href, n: Date.now() } });
    const plot = document.querySelector("#graph-" + CSS.escape(name) + " .js-plotly-plot");
    if (!plot) return;
    const width = 1100, height = (plot.layout.height || 450) + 90;
    const own = plot.closest("[data-foot]"); // a chart that does not come from the scenario says what made it
    const foot = own ? own.dataset.foot : document.querySelector("footer p:last-child").textContent;
    const layout = {
      ...plot.layout, width, height, paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", autosize: false,
      margin: { l: 60, r: 24, t: 96, b: 64 },
      title: { text: titleOf(name).replace(/[<>]/g, ""), x: 0.02, xanchor: "left", y: 0.97, yanchor: "top", font: { size: 18 } },
      annotations: [...(plot.layout.annotations || []), { text: foot, showarrow: false, xref: "paper", yref: "paper", x: 0, y: 0, yshift: -58, xanchor: "left", font: { size: 10, color: "#59616c" } }],
    };
    await Plotly.downloadImage({ data: plot.data, layout, config: {} }, { format: kind, width, height, scale: kind === "png" ? 2 : 1, filename: "gridsim-" + name });
  }
  function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  const titleOf = (name) => text(name === "market" ? "headline" : name + "-title"); // the market's finding is the headline
  const text = (id) => (document.getElementById(id) || { textContent: "" }).textContent;

  // ---- windows: the server says in an attribute that one is to be shown, or no more ----
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target.dataset.shown && !target.open) target.showModal();
      else if (!target.dataset.shown && target.open) target.close();
    }
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-shown"], subtree: true });

  // ---- tables: made when they are in sight, and again when their numbers change ----
  function fill(box) {
    if (box.filled === box.dataset.table) return;
    box.filled = box.dataset.table;
    const { heads, kinds, rows, warn } = JSON.parse(box.dataset.table);
    const cell = (kind, text, i, scope) => {
      const made = document.createElement(kind);
      made.textContent = text;
      if (scope) made.scope = scope;
      if (kinds[i] === "replay" && kind === "td") made.replaceChildren(replayOf(text));
      else if (warn && text === warn) made.className = "cannot";
      else if (kinds[i]) made.className = kinds[i];
      return made;
    };
    const table = document.createElement("table");
    table.createTHead().insertRow().append(...heads.map((text, i) => cell("th", text, i, "col")));
    const body = table.createTBody();
    for (const row of rows) body.insertRow().append(...row.map((text, i) => (i ? cell("td", text, i) : cell("th", text, i, "row"))));
    box.replaceChildren(table);
  }
  function replayOf(run) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "take", textContent: "Replay", ariaLabel: "Replay run " + run });
    button.dataset.replay = run;
    return button;
  }
  const folded = (box) => box.closest("details") && !box.closest("details").open;
  const unfolded = new Set(); // a table that somebody has unfolded stays so when it comes anew
  const labelOf = (twin) => twin.querySelector("summary").ariaLabel || twin.querySelector("summary").textContent;
  function follow() {
    for (const twin of document.querySelectorAll("details.twin")) {
      if (!twin.known) twin.open = twin.open || unfolded.has(labelOf(twin));
      twin.known = true;
    }
    document.querySelectorAll("[data-table]").forEach((box) => folded(box) || fill(box));
    const tiles = document.querySelector("[data-tiles]");
    if (tiles && tiles.told !== tiles.dataset.tiles) tell(tiles);
  }
  document.addEventListener("toggle", ({ target }) => {
    if (target.matches("details.twin")) unfolded[target.open ? "add" : "delete"](labelOf(target));
    follow();
  }, true);
  new MutationObserver(follow).observe(document.documentElement, {
    attributes: true, attributeFilter: ["data-table", "data-tiles"], childList: true, subtree: true,
  });

  // ---- key numbers: written into their places ----
  function tell(tiles) {
    tiles.told = tiles.dataset.tiles;
    for (const { measure, texts, clear, chosen } of JSON.parse(tiles.told)) {
      const tile = tiles.querySelector('[data-measure="' + measure + '"]');
      for (const [name, text] of Object.entries(texts)) tile.querySelector("." + name).textContent = text;
      tile.classList.toggle("clear", clear);
      tile.setAttribute("aria-pressed", chosen);
    }
  }

  // ---- the tour ----
  const ticked = new Set();
  function ticks(before, after) {
    if (!same(before.changes, after.changes)) {
      const moved = new Set([...Object.keys(before.changes), ...Object.keys(after.changes)].filter((k) => before.changes[k] !== after.changes[k]));
      for (const path of moved) tick(path.startsWith("mechanisms.") ? "mechanism" : "lever");
    }
    if (before.measure !== after.measure) tick("difference");
    if (before.view !== after.view) tick("view");
  }
  function tick(step) {
    const box = document.querySelector('#tour [data-step="' + step + '"]');
    if (!box || ticked.has(step)) return;
    ticked.add(step);
    box.classList.add("done");
    document.getElementById("tour-state").textContent = ticked.size === 5 ? "All five done." : ticked.size + " of 5 done.";
  }
  function toggleTour() {
    const box = document.getElementById("tour");
    box.hidden = !box.hidden;
    document.getElementById("tour-button").setAttribute("aria-expanded", String(!box.hidden));
  }
  new MutationObserver(() => { if (document.querySelector("#share-body > *")) tick("share"); }).observe(document.documentElement, { childList: true, subtree: true });

  window.dash_clientside = Object.assign(window.dash_clientside || {}, {
    gridsim: { answered, opened, gather },
  });
  window.gridsim = state;
})();
