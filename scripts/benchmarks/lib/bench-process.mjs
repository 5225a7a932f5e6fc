// The peak of this process' memory, counted anew from resetPeak() on.
import { readFileSync, writeFileSync } from "node:fs";

export const rounds = Number(process.env.BENCH_ROUNDS ?? 3);

export function resetPeak() {
  if (global.gc) global.gc();
  writeFileSync("/proc/self/clear_refs", "5");
}

export function reportPart(name, start) {
  process.stderr.write(`time ${name} ${(performance.now() - start).toFixed(3)}\n`);
}

export function reportPeak(name) {
  const kib = /^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1];
  process.stderr.write(`peak ${name} ${kib}\n`);
}

export function printAnswer(name, rows, sums) {
  console.log([name, rows, ...sums].join("\t"));
}
