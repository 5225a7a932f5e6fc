// A figure by the keyboard: arrows walk through its marks, Enter filters the tables by one, plus and minus zoom. What a mark
// says is written below the drawing and told to screen readers.

const EXPLORE_HELP = "Arrow keys walk through it, Enter shows a mark's rows in the tables.";

class Explorer {
  constructor(figure) {
    this.figure = figure;
    this.column = -1;
    this.row = 0;
    this.reading = el("p", { class: "reading", "aria-live": "polite" });
    figure.place.addEventListener("keydown", (event) => this.key(event));
    figure.place.addEventListener("blur", () => { this.reading.textContent = ""; });
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1], Home: [-Infinity, 0], End: [Infinity, 0],
      PageDown: [10, 0], PageUp: [-10, 0] };
    if (steps[event.key]) this.move(...steps[event.key]);
    else if (event.key === "Enter" && this.mark) this.take();
    else if (event.key === "+" || event.key === "=") this.figure.zoom(1.6);
    else if (event.key === "-") this.figure.zoom(1 / 1.6);
    else return;
    event.preventDefault();
  }

  move(right, down) {
    const marks = marksOf(this.figure.raw, this.figure.state);
    if (marks.rows === 1) right += down; // one row of marks, whichever way it lies
    this.row = Math.max(0, Math.min(marks.rows - 1, this.column < 0 ? 0 : this.row + down));
    const last = (marks.width ? marks.width(this.row) : marks.columns) - 1;
    this.column = Math.max(0, Math.min(last, this.column < 0 ? (right < 0 ? last : 0) : this.column + right));
    if (last < 0) return;
    this.mark = marks.at(this.column, this.row);
    this.reading.textContent = this.mark.text;
    if (this.figure.chart && this.mark.tip) this.figure.chart.dispatchAction({ type: "showTip", ...this.mark.tip });
  }

  take() {
    if (this.mark.conditions.length > 0) this.figure.pick(this.mark.conditions);
    else announce("that mark stands for several names");
  }
}
