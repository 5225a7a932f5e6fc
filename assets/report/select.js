// What a reader picks in a figure: conditions on columns, which every table of the page that has the column follows. A bar
// at the head of the page says what is picked and takes it back.

const picked = new Map(); // the columns' names -> condition

/** A condition that a column has a value, as charts write it. */
function isValue(column, value) {
  const wanted = String(value);
  return { columns: [column], text: `${words(column)}: ${nameText(wanted, 40, column)}`,
    test: (cell, type) => type === "time" ? Date.parse(cell) === value : (cell === null ? "(none)" : String(cell)) === wanted };
}

/** A condition that one of two columns has a value: an end of a link. */
function isEnd(columns, value) {
  return { ...isValue(columns[0], value), columns, text: `${columns.map(words).join(" or ")}: ${nameText(value, 40, columns[0])}` };
}

/** A condition that a column lies between two numbers, or milliseconds of times. */
function isBetween(column, low, high, isTime) {
  const say = (value) => isTime ? instantText(Math.round(value)) : numberText(value);
  return { columns: [column], text: `${words(column)}: ${say(low)}${low === high ? "" : " to " + say(high)}`, test: (cell, type) => {
    if (cell === null) return false;
    const value = type === "time" ? Date.parse(cell) : Number(cell);
    return value >= low && value <= high;
  } };
}

/** The rows that meet what is picked, as far as the table has the columns. */
function pickedRows(columns, rows) {
  let out = rows;
  for (const condition of picked.values()) {
    const at = condition.columns.map((name) => columns.findIndex((column) => column.name === name)).filter((i) => i >= 0);
    if (at.length > 0) out = out.filter((row) => at.some((i) => condition.test(row[i], columns[i].type)));
  }
  return out;
}

/** Whether what is picked says anything of these columns. */
function isPicked(columns) {
  return [...picked.values()].some((condition) => condition.columns.some((name) => columns.some((column) => column.name === name)));
}

/** Picks in place of what was picked before; the same again takes it back. */
function pick(conditions) {
  const texts = (list) => [...list].map((one) => one.text).join("; ");
  const same = texts(conditions) === texts(picked.values());
  picked.clear();
  if (!same) for (const condition of conditions) picked.set(condition.columns.join(" "), condition);
  followPick();
}

function unpick(key) {
  if (key === undefined) picked.clear(); else picked.delete(key);
  followPick();
}

/** Tables and the bar follow what is picked. */
function followPick() {
  for (const table of tables) if (table.element) table.update();
  const bar = document.getElementById("picked");
  const followers = tables.filter((table) => isPicked(table.columns)).length;
  bar.hidden = picked.size === 0;
  bar.replaceChildren(el("strong", {}, "Tables show"), ...[...picked].map(([key, condition]) => el("button", { type: "button",
    "aria-label": `take back ${condition.text}`, onclick: () => unpick(key) }, bdi(condition.text), " ✕")),
  el("span", { class: "quiet" }, counted(followers, "table") + (followers === 1 ? " follows" : " follow")),
  el("button", { type: "button", class: "clear", onclick: () => unpick() }, "Show all rows"));
  announce(picked.size === 0 ? "all rows are shown" : "tables show " + [...picked.values()].map((one) => one.text).join(", "));
}

/** The bar, and Escape. */
function pickedBar() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && picked.size > 0) unpick();
  });
  return el("div", { id: "picked", role: "region", "aria-label": "What is picked", hidden: true });
}
