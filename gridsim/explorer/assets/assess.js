// The view that assesses a list: sends a file to the server, asks how far it is, keeps the files of the answer until they
// are saved. A list stays in this page's memory; nothing is put into the browser's storage.
(function () {
  "use strict";
  const GIVE_UP_MS = 40000;
  const LIST = /\.(csv|tsv|txt|parquet|pq)$/i, MAPPING = /\.ya?ml$/i;
  const state = { list: null, mapping: null, last: null, tariff: "", asOf: "", job: null, files: {}, n: 0, sent: 0, timer: null };
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const box = (id) => document.getElementById(id);
  const viewer = Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

  function chosen(tariff, asOf) {
    state.tariff = tariff || "";
    state.asOf = (asOf || "").trim();
    const here = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
    const where = here
      ? "This page comes from this computer (" + location.host + "), so the list does not leave it – unless that address is a tunnel to another one. "
      : "The list goes to " + location.host + ", where this page comes from, and no further. ";
    return where + "It is in memory while it is assessed and is not written to disk; no other viewer can see it. Its answer is forgotten as soon as this page has it.";
  }
  function keep(kind, file) {
    state[kind] = file;
    box("assess-" + kind + "-name").textContent = file.name;
  }
  // Takes files that were dropped if they are for this view: a list always, a mapping when the view is open.
  function dropped(files) {
    const list = files.find((file) => LIST.test(file.name));
    const open = document.body.dataset.view === "assess";
    const mapping = list || open ? files.find((file) => MAPPING.test(file.name)) : null;
    if (!list && !mapping) return false;
    if (!open) set("view", { value: "assess" });
    if (mapping) keep("mapping", mapping);
    if (list) keep("list", list);
    if (state.list) send({ name: state.list.name });
    else problem("this is a mapping; drop the list of requests as well");
    return true;
  }
  // Held until a file is chosen: an input that nothing refers to may be gone before the browser's window is.
  const inputs = {};
  function pick(kind) {
    const input = inputs[kind] = document.createElement("input");
    input.type = "file";
    input.accept = kind === "list" ? ".csv,.tsv,.txt,.parquet,.pq" : ".yaml,.yml";
    input.addEventListener("change", () => {
      if (!input.files[0]) return;
      keep(kind, input.files[0]);
      if (state.list) send({ name: state.list.name });
    });
    input.click();
  }
  function problem(text) { ask({ problem: text }); }
  function ask(data) {
    state.n += 1;
    clearTimeout(state.timer);
    if (data.job) state.timer = setTimeout(silent, GIVE_UP_MS);
    set("assess-asked", { data: { ...data, n: state.n } });
  }
  function silent() {
    state.job = null;
    set("assess-bar", { hidden: true });
    set("assess-status", { children: "The server does not answer any more; start again." });
  }
  async function send(about) {
    clearTimeout(state.timer);
    const sent = (state.sent += 1), list = about.example ? null : state.list;
    state.job = null;
    state.last = about;
    state.files = {};
    set("assess-result", { children: [] });
    set("assess-said", { children: [] });
    set("assess-status", { children: "Sending …" });
    setTimeout(() => box("assess-status").scrollIntoView({ block: "nearest" }), 60);
    try {
      const most = Number(box("assess-body").dataset.most);
      if (list && list.size > most) return problem(list.name + ": the file has more than " + most / 1e6 + " MB");
      const own = about.example ? {} : { as_of: state.asOf.slice(0, 20) };
      if (list && state.mapping) {
        if (state.mapping.size > 256000) return problem(state.mapping.name + ": the file has more than 256 kB");
        Object.assign(own, { mapping: await state.mapping.text(), mapping_name: state.mapping.name });
      }
      const head = JSON.stringify({ viewer, tariff: state.tariff, ...own, ...about });
      const body = new Blob(list ? [head, "\n", list] : [head, "\n"], { type: "application/octet-stream" });
      const answer = await fetch("assess", { method: "POST", body, cache: "no-store" });
      if (sent !== state.sent) return; // another list was sent meanwhile
      if (!answer.ok) return problem("the server does not take the file: " + answer.status);
      const { job, problem: why } = await answer.json();
      if (sent !== state.sent) return;
      if (why) return problem(why);
      state.job = job;
      ask({ job });
    } catch {
      if (sent === state.sent) problem("the file cannot be read, or the server does not answer; choose it again");
    }
  }
  // How far it is; asks again until it is over.
  function looked(progress) {
    if (!progress || progress.job !== state.job) return window.dash_clientside.no_update;
    if (!progress.over) ask({ job: state.job });
    else {
      clearTimeout(state.timer);
      state.job = null;
      state.files = progress.files;
      const found = Object.keys(state.files).length > 0;
      setTimeout(() => box(found ? "assess-result" : "assess-said").scrollIntoView({ block: found ? "start" : "center" }), 60);
    }
    return window.dash_clientside.no_update;
  }
  function save(name) {
    const { text, base64 } = state.files[name];
    const content = base64 ? Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)) : text;
    const type = name.endsWith(".html") ? "text/html" : name.endsWith(".csv") ? "text/csv" : "application/octet-stream";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest && event.target.closest(selector);
    let found;
    if ((found = at("[data-pick]"))) pick(found.dataset.pick);
    else if ((found = at("[data-example]"))) send({ example: found.dataset.example });
    else if ((found = at("[data-file]"))) save(found.dataset.file);
    else if (at("#assess-button")) {
      if (state.last) send(state.last);
      else problem("choose a list of requests first, or try with an example");
    }
  });

  window.dash_clientside = Object.assign(window.dash_clientside || {}, { gridsim_assess: { chosen, looked } });
  window.gridsimAssess = { dropped };
})();
