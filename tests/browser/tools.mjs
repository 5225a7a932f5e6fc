// What the browser's tests share: counting checks, making reports, opening them as a reader does.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

export const [, , lunette, folder, shots] = process.argv;
export const require = createRequire(join(resolve(folder), "../npm/"));

export const counts = { passed: 0, failed: 0 };

/** Counts a check and prints its line. */
export function check(name, ok, detail = "") {
  if (ok) counts.passed++; else counts.failed++;
  console.log(`${ok ? "ok  " : "FAIL"} ${name}${ok || detail === "" ? "" : ": " + detail}`);
}

/** Makes a report of an input (or of several) in the folder; `env` adds to the environment. */
export function report(name, input, more = [], env = {}) {
  const path = join(resolve(folder), name + ".html");
  execFileSync(lunette, ["report", ...[input].flat(), "-o", path, "--quiet", ...more],
    { env: { ...process.env, SOURCE_DATE_EPOCH: "1700000000", ...env } });
  return path;
}

/** A page with what went wrong in it. */
export async function open(browser, path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, ...options });
  context.setDefaultTimeout(120000); // a busy machine draws late
  const page = await context.newPage();
  const trouble = { console: [], requests: [] };
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) trouble.console.push(message.text()); });
  page.on("pageerror", (error) => trouble.console.push(String(error.stack)));
  page.on("request", (request) => { if (!/^(data|blob):/.test(request.url())) trouble.requests.push(request.url()); });
  const started = Date.now();
  await page.goto("file://" + path);
  await page.waitForSelector("#provenance");
  trouble.shown = Date.now() - started;
  if (options.viewport === undefined) await page.waitForSelector("figure canvas");
  trouble.drawn = Date.now() - started;
  return { page, trouble, context };
}

/** Scrolls through the page, so that every figure is drawn. */
export async function drawAll(page) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y < height + 4000; y += 700) {
    await page.evaluate((top) => window.scrollTo({ top, behavior: "instant" }), y);
    await page.waitForTimeout(30);
  }
  await page.evaluate(() => window.scrollTo({ top: 0, behavior: "instant" }));
  await page.waitForTimeout(200);
}

export async function quiet(name, trouble) {
  check(`${name}: nothing on the console`, trouble.console.length === 0, trouble.console.join("\n"));
  check(`${name}: no request but for the page itself`, trouble.requests.length === 1, trouble.requests.join(" "));
}

export async function faults(page) {
  const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(axe); // by the debugger, which the page's policy doesn't bind
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations.filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id} (${one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")})`);
}
