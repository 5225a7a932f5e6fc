// Makes lua/lunette/terminal/land.lua: which square degrees are land, from the outlines that world.mjs makes of Natural
// Earth's countries (which are in the public domain). Run when the outlines change; the outcome is kept with the sources.
// Usage: node scripts/lib/world.mjs countries-50m.json | node scripts/lib/land.mjs > lua/lunette/terminal/land.lua
import { readFileSync } from "node:fs";

const STEPS = 50, NORTH = 84, SOUTH = -58;

/** The rings as positions in degrees. */
const rings = [];
for (const [, , polygons] of JSON.parse(readFileSync(0, "utf8"))) {
  for (const polygon of polygons) for (const ring of polygon) {
    let x = 0, y = 0;
    const points = [];
    for (let i = 0; i < ring.length; i += 2) {
      x += ring[i];
      y += ring[i + 1];
      points.push([x / STEPS, y / STEPS]);
    }
    rings.push(points);
  }
}

/** The longitudes at which a parallel crosses a ring. */
function crossings(ring, lat) {
  const out = [];
  for (let i = 0; i < ring.length; i++) {
    const [x0, y0] = ring[i], [x1, y1] = ring[(i + 1) % ring.length];
    if (y0 <= lat !== y1 <= lat) out.push(x0 + ((lat - y0) / (y1 - y0)) * (x1 - x0));
  }
  return out.sort((a, b) => a - b);
}

/** A row of 360 squares; one is land where half of it is, by three parallels through it. */
function rowOf(north) {
  const cover = new Float64Array(360);
  for (const offset of [0.2, 0.5, 0.8]) {
    const line = new Float64Array(360);
    for (const ring of rings) {
      const xs = crossings(ring, north - offset);
      for (let i = 0; i + 1 < xs.length; i += 2) {
        for (let square = Math.floor(xs[i] + 180); square <= Math.min(359, Math.floor(xs[i + 1] + 180)); square++) {
          line[square] += Math.max(0, Math.min(xs[i + 1], square - 179) - Math.max(xs[i], square - 180));
        }
      }
    }
    line.forEach((part, square) => { cover[square] += Math.min(1, part) / 3; });
  }
  return [...cover].map((part) => part >= 0.45);
}

/** Lengths of water, land, water, …: each a character from "0" on, "~" for 70 of it and more to come. */
function packed(row) {
  let out = "", from = 0, isLand = false;
  for (let i = 0; i <= 360; i++) {
    if (i < 360 && row[i] === isLand) continue;
    if (i === 360 && !isLand) break;
    let n = i - from;
    for (; n >= 70; n -= 70) out += "~";
    out += String.fromCharCode(48 + n);
    from = i;
    isLand = !isLand;
  }
  return out.replaceAll("\\", "!");
}

const rows = [];
for (let north = NORTH; north > SOUTH; north--) rows.push(packed(rowOf(north)));
process.stdout.write(`-- Which square degrees are land, for the map of the terminal. Made by scripts/lib/land.mjs from Natural Earth's outlines,
-- which are in the public domain.
local land = {}

land.NORTH, land.SOUTH = ${NORTH}, ${SOUTH}

-- A line for each degree from the north; in it how long water, land, water, … are: a character from "0" on is a length from
-- 0 to 69, "~" stands for 70 of a length that goes on, "!" for a backslash.
local packed = [[
${rows.join("\n")}
]]

local rows

local function unpack_rows()
  rows = {}
  for line in packed:gmatch "([^\\n]*)\\n" do
    local row, at, is_land, n = {}, 0, false, 0
    for i = 1, #line do
      local byte = line:byte(i)
      if byte == 126 then
        n = n + 70
      else
        n = n + (byte == 33 and 92 or byte) - 48
        if is_land then
          for square = at, at + n - 1 do row[square] = true end
        end
        at, is_land, n = at + n, not is_land, 0
      end
    end
    rows[#rows + 1] = row
  end
end

--- Whether a place is on land. East and west go on around the globe.
---@param lon number
---@param lat number
---@return boolean
function land.at(lon, lat)
  if not rows then unpack_rows() end
  local row = rows[math.floor(land.NORTH - lat) + 1]
  return row ~= nil and row[math.floor(lon + 180) % 360] == true
end

return land
`);
