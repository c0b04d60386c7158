// A chart is drawn before the columns of the page have their widths; it follows its place from then on.
document.addEventListener("DOMContentLoaded", () => {
  for (const chart of document.querySelectorAll(".plotly-graph-div")) {
    new ResizeObserver(() => Plotly.Plots.resize(chart)).observe(chart.parentElement);
  }
});
