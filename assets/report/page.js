// Puts the page together, and runs.

const haveCharts = { ready: false, world: false, settled: false, wanted: !!document.getElementById("asset-echarts")
  && "DecompressionStream" in window };
const figures = [], tables = [];

/** Unpacks a block of the page: base64 of gzip. */
async function unpacked(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

/** Starts the chart library that the page carries; the policy knows its hash. */
async function startCharts() {
  try {
    if (haveCharts.wanted) {
      const script = document.createElement("script");
      script.textContent = await unpacked("asset-echarts");
      document.head.append(script);
      haveCharts.ready = typeof window.echarts === "object";
      if (haveCharts.ready && document.getElementById("asset-world") && figures.some((figure) => figure.raw.kind === "map")) {
        echarts.registerMap("world", worldFeatures(JSON.parse(await unpacked("asset-world"))));
        haveCharts.world = true;
      }
    }
  } finally {
    haveCharts.settled = true;
    drawAll();
  }
}

function drawAll() { for (const figure of figures) figure.draw(); }

/** Opens the sections that lead to what the address names, and goes there. */
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  const own = target.querySelector(":scope > details.section");
  if (own) own.open = true;
  target.scrollIntoView();
  target.focus({ preventScroll: true });
}

/** On paper: everything unfolded, light, with patterns, as wide as the paper. */
function printing() {
  const before = {};
  window.addEventListener("beforeprint", () => {
    Object.assign(before, { name: theme.name, patterns: theme.patterns, folded: [...document.querySelectorAll("details.section:not([open])")] });
    for (const one of before.folded) one.open = true;
    for (const figure of figures) figure.seen = true;
    theme.printing = theme.patterns = true;
    applyTheme("light");
    drawAll();
  });
  window.addEventListener("afterprint", () => {
    for (const one of before.folded) one.open = false;
    theme.printing = false;
    theme.patterns = before.patterns;
    applyTheme(before.name);
    drawAll();
  });
}

function watch() {
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const figure = figures.find((one) => one.element === entry.target);
      if (entry.isIntersecting && figure && !figure.seen) {
        figure.seen = true;
        figure.draw();
      }
    }
  }, { rootMargin: "600px" });
  for (const figure of figures) seen.observe(figure.element);
  let timer, width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(timer);
    timer = setTimeout(drawAll, 120);
  });
  window.addEventListener("hashchange", reveal);
  darkMedia.addEventListener("change", () => {
    applyTheme(darkMedia.matches ? "dark" : "light");
    drawAll();
  });
  printing();
}

function start() {
  const data = JSON.parse(document.getElementById("data").textContent), common = commonOf(data.reports);
  theme.palettes = data.palettes;
  theme.tlp = data.tlp ? "TLP:" + data.tlp : undefined;
  applyTheme(darkMedia.matches ? "dark" : "light");
  document.getElementById("head").append(...header(data).filter(Boolean));
  document.getElementById("contents").append(contents(data));
  document.getElementById("main").replaceChildren(...[plainNotice(), pickedBar(), findingsSection(data), overview(data, common),
    ...data.reports.map((report) => reportSection(report, common)), leftOutNotice(data), provenance(data)].filter(Boolean));
  document.getElementById("foot").append(...[tlpLabel(data), el("p", {}, "Lunette " + data.lunette),
    el("p", { id: "said", class: "hidden", "aria-live": "polite" }), el("p", { id: "flash", "aria-hidden": "true" })].filter(Boolean));
  watch();
  if (location.hash) reveal();
  startCharts().catch((error) => { throw error; });
}

start();
