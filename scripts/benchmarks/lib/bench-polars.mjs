// How a task's Polars program loads its tables and asks its questions.
import pl from "nodejs-polars";
import { rounds, resetPeak, reportPart, reportPeak, printAnswer } from "./bench-process.mjs";

let loading = 0; // milliseconds, of all tables so far; 0 once reported

/** Reads a CSV; the columns `categories` that it has become categories, which isn't timed. */
export function load(path, categories) {
  const start = performance.now();
  const table = pl.readCSV(path);
  loading += performance.now() - start;
  const made = categories.filter((column) => table.columns.includes(column));
  return made.length > 0 ? table.withColumns(...made.map((column) => pl.col(column).cast(pl.Categorical))) : table;
}

/**
 * Asks a question several times; prints its rows, the sums of the columns `sums`, and what the columns `places` hold in
 * the first, the middle and the last row.
 */
export function ask(name, sums, question, places = []) {
  if (loading > 0) reportPart("load", performance.now() - loading);
  loading = 0;
  let answer = null;
  for (let round = 0; round < rounds; round++) {
    answer = null;
    resetPeak();
    const start = performance.now();
    answer = question();
    reportPart(name, start);
    reportPeak(name);
  }
  const found = sums.map((column) => answer.getColumn(column).cast(pl.Float64).sum());
  for (const row of places.length > 0 ? [0, Math.floor(answer.height / 2), answer.height - 1] : [])
    for (const column of places) found.push(answer.getColumn(column).get(row));
  printAnswer(name, answer.height, found);
}
