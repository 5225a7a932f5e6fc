// A table of rows: sorted by a click on a column's head, searched, shown page by page, copied as CSV.

const PAGE_ROWS = 10;
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function compareValues(a, b, direction) {
  const noA = a === null || a === undefined, noB = b === null || b === undefined;
  if (noA || noB) return noA - noB; // what is missing comes last both ways
  if (typeof a === "number" && typeof b === "number") return (a - b) * direction;
  return collator.compare(String(a), String(b)) * direction;
}

function csvField(text) {
  const safe = /^[=+@\t\r-]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text;
  return /[",\r\n]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
}

function csvOf(columns, rows) {
  const lines = [columns.map((column) => csvField(column.name)).join(",")];
  for (const row of rows) lines.push(columns.map((column, i) => csvField(exportText(column, row[i]))).join(","));
  return lines.join("\r\n") + "\r\n";
}

function isNumeric(column) { return column.type === "int" || column.type === "float"; }

/** Numbers that are compared stand one below the other at the right; ports and AS numbers are names. */
function isMeasure(column) { return isNumeric(column) && !isCode(column.name); }

/** Text keeps a column as wide as it needs to be read: what is longer takes more lines, not a letter a line. */
function cellClass(column) {
  if (isMeasure(column)) return "number";
  if (column.type !== "string") return "whole";
  return column.longest > 28 ? "wide" : column.longest > 10 ? "middle" : null;
}

const WIDTH_ROWS = 300; // rows whose texts say how wide a column is

/** What the rows say of how a column is written. */
function readColumn(column, values) {
  if (column.type === "string") column.longest = values.slice(0, WIDTH_ROWS).reduce((most, text) => Math.max(most, String(text ?? "").length), 0);
  if (column.type === "float") {
    column.decimals = decimalsOf(values);
    column.percents = percentDecimals(values);
  }
}

const regionNamesGiven = new Set();

/** A name for a region of the page that no other has. */
function ownName(name) {
  let own = name;
  for (let n = 2; regionNamesGiven.has(own); n++) own = `${name} (${n})`;
  regionNamesGiven.add(own);
  return own;
}

/** A text in a cell: broken anywhere only where a word is too long for any column. */
function textCell(text) { return el("bdi", { class: /\S{28}/.test(text) ? "long" : null }, text); }

/** The state of one table and what is done to it; `build` gives its element. */
class DataTable {
  constructor(data, caption, note) {
    this.columns = data.columns;
    this.isDrawn = data.is_drawn === true; // its rows are the figure's, not the page's
    this.setRows(data.rows, data.total);
    this.caption = caption;
    this.note = note;
    this.sortedBy = -1;
    this.direction = 1;
    this.search = "";
    this.shown = PAGE_ROWS;
  }

  setRows(rows, total = rows.length) {
    this.all = this.rows = rows;
    this.total = total;
    this.columns.forEach((column, i) => readColumn(column, rows.map((row) => row[i])));
    if (this.element) this.update();
  }

  count() { return this.total; }

  /** Rows whose text has every word that is searched, in the order that is asked for. */
  select() {
    const wanted = this.search.toLowerCase().split(/\s+/).filter(Boolean).map((word) => word.replaceAll("[.]", "."));
    this.rows = pickedRows(this.columns, this.all).filter((row) => {
      if (wanted.length === 0) return true;
      const text = row.map((value, i) => String(value ?? "") + " " + (isNumeric(this.columns[i]) ? "" :
        cellText(this.columns[i], value))).join(" ").toLowerCase();
      return wanted.every((word) => text.includes(word));
    });
    if (this.sortedBy >= 0) {
      this.rows = this.rows.slice().sort((a, b) => compareValues(a[this.sortedBy], b[this.sortedBy], this.direction));
    }
  }

  sort(column) {
    const first = isNumeric(this.columns[column]) ? -1 : 1;
    this.direction = this.sortedBy === column ? -this.direction : first;
    this.sortedBy = column;
    this.update();
    announce("sorted by " + words(this.columns[column].name) + (this.direction > 0 ? ", ascending" : ", descending"));
  }

  find(text) {
    this.search = text;
    this.input.value = text;
    this.shown = PAGE_ROWS;
    this.update();
  }

  header(column, i) {
    const button = el("button", { type: "button", class: "sort", onclick: () => this.sort(i) }, clean(words(column.name), 60),
      column.unit ? el("small", {}, " (" + clean(column.unit, 20) + ")") : null, el("span", { class: "arrow", "aria-hidden": "true" }));
    return el("th", { scope: "col", class: isMeasure(column) ? "number" : null }, button);
  }

  build() {
    this.heads = this.columns.map((column, i) => this.header(column, i));
    this.body = el("tbody");
    this.status = el("p", { class: "status" });
    this.more = el("button", { type: "button", onclick: () => this.showMore() });
    const id = newId("search");
    this.input = el("input", { type: "search", id, placeholder: "Search", autocomplete: "off", spellcheck: "false" });
    this.input.addEventListener("input", () => this.find(this.input.value));
    const copy = el("button", { type: "button", onclick: () => this.copy() }, "Copy as CSV");
    const title = el("caption", {}, el("div", { class: "stuck" }, livingText(el("span"), () => nameText(this.caption, 200)),
      this.note ? livingText(el("small"), () => nameText(this.note, 300)) : null));
    const table = el("table", {}, title, el("thead", {}, el("tr", {}, this.heads)), this.body);
    const scroller = el("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": ownName(clean(this.caption, 200)) },
      table);
    this.element = el("div", { class: "table" }, el("div", { class: "bar" },
      el("label", { for: id, class: "hidden" }, "Search in " + clean(this.caption, 200)), this.input, copy), scroller,
    el("div", { class: "bar below" }, this.status, this.more));
    this.update();
    return this.element;
  }

  showMore() {
    this.shown = this.shown < this.rows.length ? Math.min(this.rows.length, this.shown * 10) : PAGE_ROWS;
    this.update();
  }

  statusText() {
    const n = this.rows.length, shown = Math.min(n, this.shown);
    const parts = [shown < n ? `${whole.format(shown)} of ${counted(n, "row")} shown` : counted(n, "row")];
    if (n < this.all.length) parts.push(`${isPicked(this.columns) ? "picked" : "found"} among ${whole.format(this.all.length)}`);
    if (this.all.length < this.total) {
      parts.push(`the page holds the first ${whole.format(this.all.length)} of ${whole.format(this.total)}`);
    }
    return parts.join(" · ");
  }

  update() {
    this.select();
    const cells = (row) => this.columns.map((column, i) => el("td", { class: cellClass(column) },
      isNumeric(column) ? cellText(column, row[i]) : textCell(cellText(column, row[i]))));
    this.body.replaceChildren(...this.rows.slice(0, this.shown).map((row) => el("tr", {}, cells(row))));
    this.heads.forEach((head, i) => {
      if (i === this.sortedBy) head.setAttribute("aria-sort", this.direction > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
    this.status.textContent = this.statusText();
    const left = this.rows.length - this.shown;
    this.more.hidden = this.rows.length <= PAGE_ROWS;
    this.more.textContent = left > 0 ? `Show ${whole.format(Math.min(this.rows.length, this.shown * 10) - this.shown)} more`
      : "Show fewer";
  }

  copy() { copyText(csvOf(this.columns, this.rows), counted(this.rows.length, "row") + " copied as CSV"); }
}
