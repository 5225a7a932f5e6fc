// A plugin of one's own: indicators in every place that text goes, columns of mixed numbers, times with gaps, places at the
// world's rim, long names.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { check, drawAll, folder, open, quiet, report } from "./tools.mjs";

const plugin = `return { api = 1, kind = "analysis", name = "own", version = "1.0.0", summary = "A bit of everything",
  description = "Reads https://example.org/feed.", input = { family = "string" }, run = function(ctx)
  local lunette = require "lunette"
  ctx:metric { name = "worst", title = "Worst host", value = "203.0.113.77", note = "see http://bad.example/x" }
  ctx:text "Look at 203.0.113.5, 2001:db8::7 and http://bad.example/path at 10:20:30, says \`198.51.100.9\`."
  ctx:text "Firefox/2.0.0.1, v2.0.0.2 and version 2.0.0.3 of TCP/203.0.113.9"
  ctx:table(lunette.table { metric = { "rows", "families", "accuracy", "f1", "recall", "loss", "gain", "cost", "area", "brier" },
    value = { 900.0, 19.0, 0.8119, 0.25, 0.5, 0.75, 0.125, 0.0625, 0.3, 0.9 } }, { name = "mixed" })
  ctx:table(lunette.table { client = { "host.example" }, example = { "evil.example" }, dns_host = { "bad.example" } }, { name = "names" })
  ctx:chart { name = "few", kind = "bar", title = "Few", data = lunette.table { family = { "A", "B" }, n = { 1, 2 } }, x = "family", y = "n" }
  ctx:table(lunette.table { family = { "A", "B" }, share = { 0.5, 0.125 } }, { name = "shares" })
  local hours = lunette.table { hour = { "2025-01-01T00:00:00Z", "2025-01-01T01:00:00Z", "2025-01-01T06:00:00Z" }, n = { 5, 5, 5 } }
    :derive "hour = time(hour)"
  ctx:chart { name = "gaps", kind = "area", title = "Gaps at 203.0.113.6", data = hours, x = "hour", y = "n", note = "of 203.0.113.8" }
  ctx:chart { name = "day", kind = "area", title = "One day", data = hours:head(1):derive "hour = hour:trunc('day')", x = "hour", y = "n" }
  ctx:chart { name = "rim", kind = "map", title = "Rim", data = lunette.table { lat = { 66.0, -44.0, 85.0, -80.0 }, lon = { -179.5, 179.5, 0.0, 0.0 },
    n = { 900, 900, 1, 1 } }, lat = "lat", lon = "lon", size = "n" }
  local from, to, n = {}, {}, {}
  for i = 1, 20 do from[i], to[i], n[i] = "a family with a long name " .. i, "another such family, number " .. i, i end
  ctx:chart { name = "net", kind = "network", title = "Net", data = lunette.table { from = from, to = to, n = n }, source = "from",
    target = "to", size = "n" }
end }
`;

/** Whether anything is painted at the rim of a figure's canvas. */
function paintsRim(page, figure) {
  return page.evaluate((id) => {
    const canvas = document.querySelector(`#${id} canvas`), context = canvas.getContext("2d"), { width, height } = canvas;
    const any = (...box) => context.getImageData(...box).data.some((byte) => byte !== 0);
    return any(0, 0, 1, height) || any(width - 1, 0, 1, height) || any(0, 0, width, 1) || any(0, height - 1, width, 1);
  }, figure);
}

export async function own(browser) {
  const file = join(resolve(folder), "own.lua");
  writeFileSync(file, plugin);
  const path = report("own", "sample", ["--only", file]);
  const { page, trouble, context } = await open(browser, path);
  await drawAll(page);
  const section = () => page.locator("#own").innerText();
  const text = await section();
  check("metrics, notes, texts and titles are defanged", ["203.0.113[.]77", "hxxp://bad[.]example/x", "203.0.113[.]5", "2001:db8:[:]7", "hxxp://bad[.]example/path",
    "198.51.100[.]9", "203.0.113[.]6", "203.0.113[.]8", "10:20:30"].every((one) => text.includes(one)) && !/203\.0\.113\.\d/.test(text), text);
  check("versions of four numbers are left alone", text.includes("Firefox/2.0.0.1, v2.0.0.2 and version 2.0.0.3 of TCP/203.0.113[.]9"), text);
  const names = await page.locator("#table-own-names td").allInnerTexts();
  check("examples and names of hosts in any column called so are defanged", names.slice(1).join(" ") === "bad[.]example evil[.]example", names.join(" "));
  await page.getByRole("button", { name: "Defanged" }).click();
  check("the switch shows them as they are", /203\.0\.113\.77[^]*http:\/\/bad\.example\/path/.test(await section()));
  const cells = (table) => page.locator(`#table-own-${table} td:last-child`).allInnerTexts();
  check("counts beside scores have no decimals", (await cells("mixed")).slice(0, 3).join(" ") === "900 19 0.8119", (await cells("mixed")).join(" "));
  const steps = await page.evaluate(() => window.echarts.getInstanceByDom(document.querySelector("#figure-own-few .drawing")).getOption().xAxis[0].minInterval);
  check("an axis of whole amounts has no fractions", steps === 1, String(steps));
  check("percentages of a column have the same decimals", (await cells("shares")).join(" ") === "50.0 % 12.5 %", (await cells("shares")).join(" "));
  await page.locator("#figure-own-gaps .drawing").focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  const reading = await page.locator("#figure-own-gaps .reading").innerText();
  check("hours without a row are zeros, not a slope", reading === "2025-01-01 02:00:00: 0", reading);
  check("a single day is a bar", /^Bar chart/.test(await page.locator("#figure-own-day .drawing").getAttribute("aria-label")));
  const outside = await page.evaluate(() => {
    const map = window.echarts.getInstanceByDom(document.querySelector("#figure-own-rim .drawing"));
    return [[-179.5, 66], [179.5, -44], [0, 85], [0, -80]].map((at) => map.convertToPixel("geo", at))
      .filter(([x, y]) => x < 4 || y < 0 || x > map.getWidth() - 4 || y > map.getHeight());
  });
  check("places at the rim of the map are on it", outside.length === 0, JSON.stringify(outside));
  await quiet("own", trouble);
  await context.close();
  for (const width of [390, 1000]) {
    const narrow = await open(browser, path, { viewport: { width, height: 900 } });
    await drawAll(narrow.page);
    check(`names around a network aren't cut at ${width} pixels`, !await paintsRim(narrow.page, "figure-own-net"));
    await narrow.context.close();
  }
}
