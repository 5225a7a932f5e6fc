// Opens reports in Chromium, as a reader does: nothing may go wrong on the console, nothing may be asked of a network, and
// everything that can be clicked must do what it says. Prints a line a check; the last line is the count.
// Usage: node run.mjs LUNETTE FOLDER [--shots]     FOLDER: where the reports (and pictures) go
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostile, hostileFields, hunt, large, paper, small, widths, without } from "./edges.mjs";
import { own } from "./own.mjs";
import { sample } from "./sample.mjs";
import { check, counts, require } from "./tools.mjs";

const { chromium } = require("playwright-core");
const profile = mkdtempSync(join(tmpdir(), "lunette-browser-"));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", `--disk-cache-dir=${profile}`] });
try {
  for (const part of [sample, own, hostile, hostileFields, small, hunt, large, without, paper, widths]) {
    try {
      await part(browser);
    } catch (error) {
      check(part.name + " ran to its end", false, String(error));
    }
  }
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed > 0 ? 1 : 0);
