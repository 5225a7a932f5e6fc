// The report of the sample, used as a reader does: tables, figures, frames, switches, the keyboard.
import { check, drawAll, faults, open, quiet, report } from "./tools.mjs";

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
  check("a week that the data has a part of is named", /The last week is not whole: the data ends on 2021-12-06/.test(await page.locator("#figure-timeline-timeline").innerText()));
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
  await page.locator("#figure-families-families .drawing").focus();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowUp", "ArrowRight"]) await page.keyboard.press(key);
  const bar = await page.locator("#figure-families-families .reading").innerText();
  check("arrows walk along lying bars both ways", /^family QakBot: /.test(bar), bar);
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
  await page.getByRole("button", { name: "Fold all", exact: true }).click();
  check("all sections fold", await page.locator("details.section[open]").count() === 0);
  await page.getByRole("button", { name: "Unfold all" }).click();
  await walk(page);
}

/** Through figures by the arrow keys alone. */
async function walk(page) {
  const figure = page.locator("#figure-ports-ports"), drawing = figure.locator(".drawing"), reading = figure.locator(".reading");
  await drawing.focus();
  await page.keyboard.press("ArrowRight");
  check("an arrow reads the first mark of a figure", /^port 443: /.test(await reading.innerText()), await reading.innerText());
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  const one = await reading.innerText();
  check("arrows go along the axis and through the names", /^port (?!443)\d+: [^,]+ [\d,]+$/.test(one), one);
  await page.keyboard.press("Enter");
  const picked = await page.locator("#picked").innerText();
  check("Enter filters the tables by a mark", /port: \d+/.test(picked) && /family: /.test(picked), picked);
  await page.keyboard.press("Escape");
  const map = page.locator("#figure-geomap-geomap");
  await map.locator(".drawing").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  check("the map's countries can be read", /\([A-Z]{2}\): count/.test(await map.locator(".reading").innerText()), await map.locator(".reading").innerText());
  const before = await map.locator("canvas").first().screenshot();
  await page.keyboard.press("+");
  check("plus zooms the map", !before.equals(await map.locator("canvas").first().screenshot()));
  await map.getByRole("button", { name: "Whole map" }).click();
  await map.locator("select").selectOption("points");
  check("countries can be taken off the map", await map.locator(".shades").count() === 0);
  await map.locator("select").selectOption("both");
  const reachable = await page.evaluate(() => [...document.querySelectorAll("button, select, input, summary, a[href], .drawing")]
    .filter((one) => one.tabIndex < 0 && one.checkVisibility()).length);
  check("the keyboard reaches everything that can be clicked", reachable === 0, String(reachable));
}

export async function sample(browser) {
  const { page, trouble, context } = await open(browser, report("sample", "sample", ["--tlp", "amber"]));
  console.log(`     the sample: the page after ${trouble.shown} ms, its first figure after ${trouble.drawn} ms`);
  check("its first figure is drawn", trouble.drawn > 0, `${trouble.drawn} ms`);
  await page.keyboard.press("Tab");
  check("the first stop of the keyboard is the way past the contents", await page.evaluate(() => document.activeElement.className) === "skip");
  await drawAll(page);
  check("every figure is drawn", await page.locator("figure .drawing").count() >= 7
    && await page.locator("figure .drawing").count() === await page.locator("figure:has(canvas)").count());
  check("every figure has a text in its place", await page.locator("figure .drawing[role=application][aria-label*='table']").count() === await page.locator("figure .drawing").count());
  const light = await faults(page);
  check("no serious accessibility fault", light.length === 0, light.join("; "));
  await tables(page);
  await figures(page);
  await switches(page);
  await keyboard(page);
  await quiet("sample", trouble);
  await context.close();
}
