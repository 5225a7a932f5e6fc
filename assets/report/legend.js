// The legend of a figure: a button for each name, that takes it away and brings it back. With the shift key (or by a
// double click) it stays alone.

/** The series of a chart that aren't taken away, in the order in which they are stacked. */
function orderedSeries(chart, state) {
  const hidden = state?.hidden;
  return chart.data.series.filter((one) => !hidden?.has(one.name)).sort((a, b) =>
    rankOf(chart.palette, a.name, a.rest) - rankOf(chart.palette, b.name, b.rest) || a.rest - b.rest);
}

/** Whether a chart tells names apart by colour. */
function isColoured(chart) { return chart.color !== undefined && chart.palette === chart.color; }

class Legend {
  constructor(figure) {
    this.figure = figure;
    this.names = orderedSeries(figure.raw).map((one) => one.name);
    this.hidden = figure.state.hidden;
  }

  build() {
    this.element = el("div", { class: "legend", role: "group", "aria-label": "Names in " + clean(this.figure.raw.title, 100) });
    this.update();
    return this.element;
  }

  /** Written anew when colours, patterns or the defanging change. */
  update() {
    const chart = this.figure.raw, focused = this.buttons?.indexOf(document.activeElement) ?? -1;
    this.buttons = orderedSeries(chart).map((one) => {
      const shown = !this.hidden.has(one.name);
      const button = el("button", { type: "button", "aria-pressed": String(shown), title: nameText(one.name, 200) },
        swatch(colourOf(chart.palette, one.name, one.rest), placeOf(chart.palette, one.name, one.rest), !!one.points), bdi(nameText(one.name, 32)));
      button.addEventListener("click", (event) => this.press(one.name, event.shiftKey));
      button.addEventListener("dblclick", () => this.press(one.name, true));
      return button;
    });
    const all = this.hidden.size > 0 ? el("button", { type: "button", class: "all", onclick: () => this.showAll() }, "show all") : null;
    this.element.replaceChildren(...this.buttons, ...(all ? [all] : []));
    if (focused >= 0) this.buttons[focused].focus();
  }

  press(name, alone) {
    if (alone) {
      this.hidden.clear();
      for (const other of this.names) if (other !== name) this.hidden.add(other);
    } else if (!this.hidden.delete(name)) this.hidden.add(name);
    this.changed(alone ? "only " + nameText(name) : nameText(name) + (this.hidden.has(name) ? " taken away" : " is back"));
  }

  showAll() {
    this.hidden.clear();
    this.changed("all names are shown");
    this.buttons[0]?.focus();
  }

  changed(said) {
    this.update();
    this.figure.draw();
    announce(said);
  }
}
