// Taking things out of the page: text to the clipboard, figures as files.

/** Copies text; without the clipboard's interface (a page opened as a file) by way of a selection. */
async function copyText(text, said) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { class: "hidden", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  announce(said);
  flash(said);
}

/** A short word at the page's foot. */
function flash(text) {
  const note = document.getElementById("flash");
  note.textContent = text;
  note.classList.add("seen");
  clearTimeout(flash.timer);
  flash.timer = setTimeout(() => note.classList.remove("seen"), 2500);
}

function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
  flash(name + " saved");
}

/** A name for a file from a title. */
function fileName(title, ending) {
  return (title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "figure") + "." + ending;
}

/** The SVG of what is saved, drawn apart from the page. */
function svgOf({ option, width, height }) {
  const apart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  apart.setOption(option);
  const text = apart.renderToSVGString();
  apart.dispose();
  return text;
}

function saveSvgText(text, title) { saveBlob(new Blob([text], { type: "image/svg+xml" }), fileName(title, "svg")); }

/** Saves a drawing twice as fine as on the screen. */
function savePng({ option, width, height }, title) {
  const place = el("div", { class: "hidden" });
  document.body.append(place);
  const apart = echarts.init(place, null, { renderer: "canvas", width, height });
  apart.setOption(option);
  const data = apart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: surface().page });
  apart.dispose();
  place.remove();
  const bytes = Uint8Array.from(atob(data.slice(data.indexOf(",") + 1)), (c) => c.charCodeAt(0));
  saveBlob(new Blob([bytes], { type: "image/png" }), fileName(title, "png"));
}
