// Opens reports in Chromium, as a reader does: nothing may go wrong on the console, nothing may be asked of a network, and
// everything that can be clicked must do what it says. Prints a line a check; the last line is the count.
// Usage: node run.mjs LUNETTE FOLDER [--shots]     FOLDER: where the reports (and pictures) go
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { hostileFeed, names } from "./hostile.mjs";

const [, , lunette, folder, shots] = process.argv;
const require = createRequire(join(resolve(folder), "../npm/"));
const { chromium } = require("playwright-core");

let passed = 0, failed = 0;
function check(name, ok, detail = "") {
  if (ok) passed++; else failed++;
  console.log(`${ok ? "ok  " : "FAIL"} ${name}${ok || detail === "" ? "" : ": " + detail}`);
}

function report(name, input, ...more) {
  const path = join(resolve(folder), name + ".html");
  execFileSync(lunette, ["report", input, "-o", path, "--quiet", ...more], { env: { ...process.env, SOURCE_DATE_EPOCH: "1700000000" } });
  return path;
}

/** A page with what went wrong in it. */
async function open(browser, path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, ...options });
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
async function drawAll(page) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y < height + 4000; y += 700) {
    await page.evaluate((top) => window.scrollTo({ top, behavior: "instant" }), y);
    await page.waitForTimeout(30);
  }
  await page.evaluate(() => window.scrollTo({ top: 0, behavior: "instant" }));
  await page.waitForTimeout(200);
}

async function quiet(name, trouble) {
  check(`${name}: nothing on the console`, trouble.console.length === 0, trouble.console.join("\n"));
  check(`${name}: no request but for the page itself`, trouble.requests.length === 1, trouble.requests.join(" "));
}

async function faults(page) {
  const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(axe); // by the debugger, which the page's policy doesn't bind
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations.filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id} (${one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")})`);
}

async function tables(page) {
  const table = page.locator("#table-ports-ports");
  const first = () => table.locator("tbody tr").first().innerText();
  await table.getByRole("button", { name: "count" }).click();
  const high = await first();
  await table.getByRole("button", { name: "count" }).click();
  const low = await first();
  check("a click on a column's head sorts, a second one the other way", /1,477/.test(high) && /\t1$/.test(low.trim()), high + " | " + low);
  check("and says so to screen readers", await table.locator("th[aria-sort=ascending]").count() === 1);
  await table.getByRole("searchbox").fill("qakbot 995");
  const rows = await table.locator("tbody tr").allInnerTexts();
  check("a search keeps the rows with all its words", rows.length > 0 && rows.every((row) => /QakBot/.test(row) && /995/.test(row)), rows.join("|"));
  await page.evaluate(() => { document.execCommand = () => { window.copied = document.querySelector("textarea")?.value; return true; };
    Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text; } } }); });
  await table.getByRole("button", { name: "Copy as CSV" }).click();
  const copied = await page.evaluate(() => window.copied);
  check("what is found is copied as CSV", /^port,family,count\r\n995,QakBot,1013\r\n/.test(copied), copied);
  await table.getByRole("searchbox").fill("");
}

async function figures(page) {
  const before = await page.locator("#figure-timeline-timeline canvas").screenshot();
  await page.locator("#figure-timeline-timeline select").selectOption("month");
  const after = await page.locator("#figure-timeline-timeline canvas").screenshot();
  check("a timeline can be shown by month", !before.equals(after));
  const timeline = page.locator("#figure-timeline-timeline"), names = timeline.locator(".legend button");
  await names.first().click();
  await page.mouse.move(0, 0);
  await page.waitForTimeout(100);
  check("a click on the legend takes a family away", !after.equals(await timeline.locator("canvas").screenshot())
    && await names.first().getAttribute("aria-pressed") === "false");
  await names.nth(1).click({ modifiers: ["Shift"] });
  check("with the shift key a family stays alone", await timeline.locator(".legend button[aria-pressed=true]").count() === 1);
  await timeline.getByRole("button", { name: "show all" }).click();
  await page.mouse.move(0, 0);
  await page.waitForTimeout(200);
  check("and all come back", await timeline.locator(".legend button[aria-pressed=false]").count() === 0);
  const bars = await page.locator("#figure-families-families canvas").boundingBox();
  await page.locator("#figure-families-families").scrollIntoViewIfNeeded();
  const seen = await page.locator("#figure-families-families canvas").boundingBox();
  await page.mouse.click(seen.x + bars.width / 3, seen.y + 28);
  const rows = (where) => page.locator(`${where} tbody tr`).allInnerTexts();
  const families = await rows("#figure-families-families"), ports = await rows("#table-ports-ports");
  check("a click on a bar shows its rows in the table", families.length === 1 && /^Cobalt Strike/.test(families[0]), families.join("|"));
  check("and in every other table that has the column", ports.length > 1 && ports.every((row) => /\tCobalt Strike\t/.test(row)), ports.join("|"));
  check("a bar says what is picked", /family: Cobalt Strike/.test(await page.locator("#picked").innerText()));
  await page.keyboard.press("Escape");
  check("Escape shows all rows again", (await rows("#figure-families-families")).length > 1 && !await page.locator("#picked").isVisible());
  await brush(page);
  for (const [label, ending] of [["PNG", ".png"], ["SVG", ".svg"]]) {
    const wait = page.waitForEvent("download");
    await page.locator("#figure-families-families").getByRole("button", { name: label }).click();
    const name = (await wait).suggestedFilename();
    check(`a figure can be saved as ${label}`, name === "iocs-per-family" + ending, name);
  }
  const map = page.locator("#figure-geomap-geomap");
  await map.scrollIntoViewIfNeeded();
  const world = await map.locator("canvas").first().screenshot();
  await map.getByRole("button", { name: "Zoom in" }).click();
  check("the map zooms", !world.equals(await map.locator("canvas").first().screenshot()));
}

/** Frames a part of a figure with the mouse. */
async function brush(page) {
  const timeline = page.locator("#figure-timeline-timeline");
  await timeline.scrollIntoViewIfNeeded();
  await timeline.getByRole("button", { name: "Select" }).click();
  const box = await timeline.locator("canvas").boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.4);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 5 });
  await page.mouse.up();
  const days = await timeline.locator("tbody tr td:first-child").allInnerTexts();
  check("a framed time filters the table", days.length > 0 && /day: 20\d\d-.* to 20/.test(await page.locator("#picked").innerText()),
    await page.locator("#picked").innerText());
  await timeline.getByRole("button", { name: "Select" }).click();
  const map = page.locator("#figure-geomap-geomap");
  await map.scrollIntoViewIfNeeded();
  await map.getByRole("button", { name: "Select" }).click();
  const world = await map.locator("canvas").first().boundingBox();
  await page.mouse.move(world.x + world.width * 0.1, world.y + world.height * 0.1);
  await page.mouse.down();
  await page.mouse.move(world.x + world.width * 0.35, world.y + world.height * 0.6, { steps: 5 });
  await page.mouse.up();
  const longitudes = (await map.locator("tbody tr td:nth-child(4)").allInnerTexts()).map(Number);
  check("a framed part of the map filters the table", longitudes.length > 0 && longitudes.every((lon) => lon < -30), longitudes.join(" "));
  await map.getByRole("button", { name: "Select" }).click();
  await page.getByRole("button", { name: "Show all rows" }).click();
}

async function switches(page) {
  const overlap = page.locator("#figure-overlap-hosts details.rows");
  await overlap.locator("summary").click();
  const cell = () => overlap.locator("tbody tr td").first().innerText();
  const defanged = await cell();
  await page.getByRole("button", { name: "Defanged" }).click();
  const plain = await cell();
  check("addresses are defanged until the switch says otherwise", defanged === "198.19.64[.]32" && plain === "198.19.64.32", defanged + " " + plain);
  await page.getByRole("button", { name: "Defanged" }).click();
  await page.getByRole("button", { name: "Dark" }).click();
  check("the page turns dark", await page.evaluate(() => getComputedStyle(document.body).backgroundColor) === "rgb(21, 27, 34)");
  const dark = await faults(page);
  check("no serious accessibility fault, dark", dark.length === 0, dark.join("; "));
  await page.getByRole("button", { name: "Dark" }).click();
}

async function keyboard(page) {
  await page.locator("#findings .finding a").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForTimeout(100);
  const at = await page.evaluate(() => document.activeElement.id);
  check("a finding leads to its figure", at === "figure-overlap-pairs", at);
  const fold = page.locator("#families details.section > summary");
  await fold.focus();
  await page.keyboard.press("Enter");
  check("a section folds by the keyboard", !await page.locator("#families figure").isVisible());
  await page.keyboard.press("Enter");
}

async function sample(browser) {
  const { page, trouble, context } = await open(browser, report("sample", "sample", "--tlp", "amber"));
  check("the page is there within five seconds on a busy machine, its first figure drawn", trouble.drawn < 5000, `${trouble.shown} and ${trouble.drawn} ms`);
  await page.keyboard.press("Tab");
  check("the first stop of the keyboard is the way past the contents", await page.evaluate(() => document.activeElement.className) === "skip");
  await drawAll(page);
  check("every figure is drawn", await page.locator("figure").count() === await page.locator("figure:has(canvas)").count());
  check("every figure has a text in its place", await page.locator("figure .drawing[role=application][aria-label*='table']").count() === await page.locator("figure").count());
  const light = await faults(page);
  check("no serious accessibility fault", light.length === 0, light.join("; "));
  await tables(page);
  await figures(page);
  await switches(page);
  await keyboard(page);
  await quiet("sample", trouble);
  await context.close();
}

async function hostile(browser) {
  const feed = join(resolve(folder), "hostile.csv");
  writeFileSync(feed, hostileFeed());
  const { page, trouble, context } = await open(browser, report("hostile", feed));
  await drawAll(page);
  for (const summary of await page.locator("details.rows > summary").all()) await summary.click();
  for (const more of await page.locator("#families .below button:visible").all()) await more.click();
  await page.locator("#figure-families-families canvas").hover({ position: { x: 500, y: 60 } });
  check("no text of a hostile feed runs", await page.title() === "Report on hostile.csv", await page.title());
  check("nor becomes an element", await page.locator("main img, main b, main script").count() === 0);
  const text = await page.locator("main").innerText();
  check("it is shown as it is", text.includes(names[0]) && text.includes("<b>bold</b>"));
  check("what can't be seen is shown by its number", text.includes("⟨202E⟩gnp.exe") && text.includes("⟨001B⟩[31m"));
  check("long names don't widen the page", await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  await quiet("hostile", trouble);
  await context.close();
}

/** The page at three widths, light and dark: nothing sticks out. With --shots also as pictures. */
async function widths(browser) {
  const path = join(resolve(folder), "sample.html");
  for (const width of [1440, 800, 390]) {
    for (const colorScheme of shots ? ["light", "dark"] : [width === 800 ? "dark" : "light"]) {
      const { page, context } = await open(browser, path, { viewport: { width, height: 900 }, colorScheme });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      check(`nothing sticks out at ${width} pixels, ${colorScheme}`, over <= 0, `${over} pixels`);
      if (shots) {
        await drawAll(page);
        await page.screenshot({ path: join(folder, `sample-${width}-${colorScheme}.png`), fullPage: true });
      }
      await context.close();
    }
  }
}

const profile = mkdtempSync(join(tmpdir(), "lunette-browser-"));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", `--disk-cache-dir=${profile}`] });
try {
  for (const part of [sample, hostile, widths]) {
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
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
