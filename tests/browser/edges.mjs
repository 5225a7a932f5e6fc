// Reports of what isn't usual: hostile feeds, next to nothing, very much, no chart library, paper, narrow screens.
import { mkdtempSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { hostileFeed, hostileThreatfox, names } from "./hostile.mjs";
import { check, drawAll, faults, folder, lunette, open, quiet, report, shots } from "./tools.mjs";

export async function hostile(browser) {
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

/** A hostile text in every field of an export: as family, alias, tag, reference, reporter. */
export async function hostileFields(browser) {
  const feed = join(resolve(folder), "hostile <i>&.csv");
  writeFileSync(feed, hostileThreatfox());
  const { page, trouble, context } = await open(browser, report("hostile-fields", feed, ["--title", names[0]]), { });
  await drawAll(page);
  await page.evaluate(() => { for (const one of document.querySelectorAll("details")) one.open = true; });
  await page.waitForTimeout(200);
  await page.evaluate(() => { for (const one of document.querySelectorAll(".below button:not([hidden]), .legend button")) one.click(); });
  check("a hostile title stays text", await page.title() === names[0].slice(0, 200), await page.title());
  check("no field of a hostile feed becomes an element", await page.locator("img, b, i, main script, h1 *:not(bdi)").count() === 0);
  check("nor a property of every object", await page.evaluate(() => Object.keys(Object.prototype).length) === 0);
  check("nothing of it widens the page", await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  const serious = await faults(page);
  check("nor makes it inaccessible", serious.length === 0, serious.join("; "));
  await quiet("hostile fields", trouble);
  await context.close();
}

/** Next to nothing: no rows, five of them, one family, very many. */
export async function small(browser) {
  const head = "first_seen,ip,port,family,country,lat,lon\n", row = (i, family) => `2025-01-0${1 + (i % 9)},203.0.113.${i % 250},${443 + (i % 3)},${family},DE,50,8\n`;
  const rows = (n, family) => Array.from({ length: n }, (_, i) => row(i, family(i))).join("");
  const feeds = { none: "", five: rows(5, (i) => "family " + (i % 2)), one: rows(200, () => "only"), many: rows(4000, (i) => "family " + (i % 210)) };
  for (const [name, text] of Object.entries(feeds)) {
    const feed = join(resolve(folder), name + ".csv");
    writeFileSync(feed, head + text);
    const { page, trouble, context } = await open(browser, report(name, feed), { viewport: { width: 1200, height: 800 } });
    await drawAll(page);
    if (name === "none") {
      check("a feed without rows says so", /no rows/.test(await page.locator("#findings").innerText()) && await page.locator("figure canvas").count() === 0);
    } else check(`${name}: figures are drawn`, await page.locator("figure canvas").count() >= 3);
    if (name === "five") check("few families are shown by name", /family 0/.test(await page.locator("#figure-families-families .drawing").getAttribute("aria-label")));
    if (name === "many") check("very many are folded, with their number", /other \(\d+/.test(await page.locator("#figure-ports-ports .legend").innerText()));
    await quiet(name, trouble);
    await context.close();
  }
}

/** 200,000 IOCs with places of their own: the page stays small and is drawn at once. */
export async function large(browser) {
  const lines = ["first_seen,ip,port,family,country,lat,lon"], countries = ["US", "DE", "CN", "SG", "HK", "MT", "FJ", "RU", "BR", "ZA"];
  let seed = 7;
  const next = (n) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 4294967296) * n);
  };
  for (let i = 0; i < 200000; i++) {
    lines.push(`${2018 + next(7)}-0${1 + next(9)}-1${next(10)} 0${next(10)}:00:00,${1 + next(222)}.${next(256)}.${next(256)}.${next(256)},${next(60000)},family ${
      Math.floor(next(250) * next(250) / 250)},${countries[next(10)]},${next(1400) / 10 - 70},${next(3600) / 10 - 180}`);
  }
  const feed = join(resolve(folder), "large.csv");
  writeFileSync(feed, lines.join("\n") + "\n");
  const started = Date.now(), path = report("large", feed);
  const made = Date.now() - started, { page, trouble, context } = await open(browser, path);
  await drawAll(page);
  console.log(`     200,000 rows: made in ${made} ms, ${(statSync(path).size / 1e6).toFixed(2)} MB, first figure after ${trouble.drawn} ms`);
  check("the page of 200,000 rows is below 3 MB", statSync(path).size < 3e6, String(statSync(path).size));
  check("its first figure is drawn", trouble.drawn > 0, `${trouble.drawn} ms`);
  check("its map has points, and says of how many", /6,000 of [\d,]+ are drawn, the largest \(/.test(await page.locator("#figure-geomap-geomap").innerText()));
  await quiet("large", trouble);
  await context.close();
}

/** A log's report: what columns are measured in, and what the figure counts. */
export async function hunt(browser) {
  const { page, trouble, context } = await open(browser, report("hunt", "sample-log", ["--only", "beacons"]), { viewport: { width: 1200, height: 800 } });
  const heads = await page.locator("th").allTextContents();
  check("heads of columns say what they are measured in", heads.includes("interval (s)") && heads.includes("bytes (B)"), heads.join("|"));
  check("the figure says what it counts", /counts 1 of 940 pairs/.test(await page.locator("#figure-beacons-beacons").innerText()));
  await quiet("hunt", trouble);
  await context.close();
}

/** A page made where the chart library was never fetched. */
export async function without(browser) {
  const share = join(dirname(lunette), "share/lunette"), home = mkdtempSync(join(tmpdir(), "lunette-home-"));
  for (const name of readdirSync(share)) if (name !== "assets") symlinkSync(join(share, name), join(home, name));
  mkdirSync(join(home, "assets"));
  symlinkSync(join(share, "assets/page"), join(home, "assets/page"));
  const { page, trouble, context } = await open(browser, report("plain", "sample", [], { LUNETTE_HOME: home + "/" }), { viewport: { width: 1200, height: 800 } });
  await drawAll(page);
  check("without the library every figure is an SVG", await page.locator("figure .drawing").count() > 5
    && await page.locator("figure .drawing").count() === await page.locator("figure .drawing:has(svg[role=img])").count());
  check("the page says why", /without the chart library/.test(await page.locator("main").innerText()));
  await page.locator("#figure-families-families .drawing").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  check("marks of plain figures filter the tables", /family: /.test(await page.locator("#picked").innerText()));
  const serious = await faults(page);
  check("no serious accessibility fault, plain", serious.length === 0, serious.join("; "));
  await quiet("plain", trouble);
  await context.close();
  await noScript(browser);
}

/** Both pages in a browser that runs no script. */
async function noScript(browser) {
  for (const [name, pictures] of [["sample", false], ["plain", true]]) {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 800, height: 900 } }), page = await context.newPage();
    await page.goto("file://" + join(resolve(folder), name + ".html"));
    const text = await page.locator("main").innerText();
    check(`${name} without a script: findings and tables are there, defanged`, /BazarBackdoor and TrickBot share/.test(text)
      && await page.locator("main table").count() > 6 && text.includes("198.19.64[.]32") && !text.includes("198.19.64.32"));
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    check(`${name} without a script: nothing sticks out`, over <= 0, `${over} pixels`);
    check(`${name} without a script: ${pictures ? "figures are pictures" : "no pictures twice"}`, (await page.locator("main svg").count() > 5) === pictures);
    await context.close();
  }
}

/** The page as it is printed: unfolded, light, with patterns, no wider than the sheet. */
export async function paper(browser) {
  const { page, trouble, context } = await open(browser, join(resolve(folder), "sample.html"), { viewport: { width: 718, height: 1000 }, colorScheme: "dark" });
  await page.locator("#families details.section > summary").click();
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  await page.waitForTimeout(300);
  check("on paper every section is unfolded and every figure drawn", await page.locator("details.section:not([open])").count() === 0
    && await page.locator("figure .drawing").count() === await page.locator("figure .drawing:has(canvas)").count());
  check("paper is light, and names have patterns", await page.evaluate(() => getComputedStyle(document.body).backgroundColor) === "rgb(255, 255, 255)"
    && await page.locator(".legend pattern").count() > 0);
  check("tables on paper say how many rows they show", /10 of [\d,]+ rows shown/.test(await page.locator("#ports .status").first().innerText())
    && !await page.locator("#ports .below button").first().isVisible());
  check("nothing is wider than the paper", await page.evaluate(() => document.documentElement.scrollWidth) <= 718);
  await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  await page.emulateMedia({ media: "screen" });
  check("afterwards the page is as it was", await page.locator("#families details.section:not([open])").count() === 1
    && await page.evaluate(() => document.documentElement.dataset.theme) === "dark");
  check("paper: nothing on the console", trouble.console.length === 0, trouble.console.join("\n"));
  await context.close();
}

/** The page at three widths, light and dark: nothing sticks out. With --shots also as pictures. */
export async function widths(browser) {
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
