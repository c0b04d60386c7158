// Draws every chart from the data beside it, in the colours of the reader's theme, and fits it to the paper in print.
const darkTheme = window.matchMedia("(prefers-color-scheme: dark)");
const sources = [...document.querySelectorAll("script.data")];
// The two darkest colours, lighter for a dark page.
const LIGHTER = [[/#8F2D56/g, "#B48EE8"], [/rgba\(143, 45, 86,/g, "rgba(180, 142, 232,"], [/#0072B2/g, "#3D9BE0"]];

// On a narrow screen every second year is enough.
function thin(layout) {
  for (const [name, axis] of Object.entries(layout)) {
    const months = name.startsWith("xaxis") && /^M([0-9]+)$/.exec(axis.dtick || "");
    if (months && Number(months[1]) >= 12) axis.dtick = `M${2 * Number(months[1])}`;
  }
}

function draw(isDark, width) {
  for (const source of sources) {
    let text = source.textContent;
    if (isDark) for (const [from, to] of LIGHTER) text = text.replace(from, to);
    const { data, layout } = JSON.parse(text);
    layout.font = { color: isDark ? "#e8eaed" : "#2b2f36" };
    layout.hoverlabel = { bgcolor: isDark ? "#1e2227" : "#ffffff", bordercolor: isDark ? "#59616c" : "#c3c8cf" };
    if (width) layout.width = width;
    else if (window.innerWidth < 600) thin(layout);
    Plotly.react(document.getElementById(source.dataset.plot), data, layout, CONFIG);
  }
}

draw(darkTheme.matches);
darkTheme.addEventListener("change", (event) => draw(event.matches));
window.addEventListener("beforeprint", () => draw(false, 660));
window.addEventListener("afterprint", () => draw(darkTheme.matches));
