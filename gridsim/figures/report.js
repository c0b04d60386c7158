// Draws every chart from the data beside it, in the colours of the reader's theme, and fits them to the paper in print.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const plots = [];

function ink(isDark) {
  return {
    "font.color": isDark ? "#e8eaed" : "#2b2f36",
    "hoverlabel.bgcolor": isDark ? "#1e2227" : "#ffffff",
    "hoverlabel.bordercolor": isDark ? "#59616c" : "#c3c8cf",
  };
}

function repaint(isDark) {
  for (const plot of plots) Plotly.relayout(plot, ink(isDark));
}

for (const source of document.querySelectorAll("script.data")) {
  const plot = document.getElementById(source.dataset.plot);
  const chart = JSON.parse(source.textContent);
  Plotly.newPlot(plot, chart.data, chart.layout, CONFIG);
  plots.push(plot);
}
if (dark.matches) repaint(true);
dark.addEventListener("change", (event) => repaint(event.matches));

window.addEventListener("beforeprint", () => {
  for (const plot of plots) Plotly.relayout(plot, { ...ink(false), width: 660 });
});
window.addEventListener("afterprint", () => {
  for (const plot of plots) Plotly.relayout(plot, { ...ink(dark.matches), width: null, autosize: true });
});
