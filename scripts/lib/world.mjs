// Turns Natural Earth's countries (npm world-atlas, TopoJSON) into the outlines that a report's page carries:
// [[number, name, [polygon…]]…], a polygon being rings, a ring flat integers in steps of 1/50 degree, each point as the
// difference to the one before. Rings that cross the antimeridian are cut there, so that none spans the map; points
// closer than a step are dropped, rings without an area too, but no country goes.
// Usage: node world.mjs countries-50m.json > world.json
import { readFileSync } from "node:fs";

const STEPS = 50; // per degree

const topology = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { scale, translate } = topology.transform;

/** The arcs as positions in degrees. */
const arcs = topology.arcs.map((arc) => {
  let x = 0, y = 0;
  return arc.map(([dx, dy]) => {
    x += dx;
    y += dy;
    return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
  });
});

/** A ring's positions: its arcs one after the other, those with a negative index backwards. */
function ringOf(indexes) {
  const ring = [];
  for (const index of indexes) {
    const arc = index < 0 ? arcs[~index].slice().reverse() : arcs[index];
    for (let i = ring.length > 0 ? 1 : 0; i < arc.length; i++) ring.push(arc[i]);
  }
  return ring;
}

/** The same ring with longitudes that don't jump; one around a pole is closed along it. */
function unwrapped(ring) {
  const out = [ring[0].slice()];
  for (let i = 1; i < ring.length; i++) {
    let x = ring[i][0];
    const before = out[i - 1][0];
    while (x - before > 180) x -= 360;
    while (x - before < -180) x += 360;
    out.push([x, ring[i][1]]);
  }
  const first = out[0], last = out[out.length - 1];
  if (Math.abs(last[0] - first[0]) > 180) {
    const pole = first[1] < 0 ? -90 : 90;
    out.push([last[0], pole], [first[0], pole], first.slice());
  }
  return out;
}

/** The part of a closed ring on one side of a meridian. */
function clipped(ring, meridian, sign) {
  const inside = (p) => sign * (p[0] - meridian) <= 0;
  const out = [];
  for (let i = 0; i < ring.length; i++) {
    const a = ring[(i + ring.length - 1) % ring.length], b = ring[i];
    if (inside(a) !== inside(b)) {
      out.push([meridian, a[1] + ((b[1] - a[1]) * (meridian - a[0])) / (b[0] - a[0])]);
    }
    if (inside(b)) out.push(b);
  }
  return out;
}

/** The ring's pieces between -180 and 180 degrees. */
function pieces(ring) {
  const whole = unwrapped(ring);
  const xs = whole.map((p) => p[0]);
  const [low, high] = [Math.min(...xs), Math.max(...xs)];
  if (low >= -180 && high <= 180) return [whole];
  const out = [];
  for (const shift of [-360, 0, 360]) {
    if (high + shift <= -180 || low + shift >= 180) continue;
    const moved = whole.map(([x, y]) => [x + shift, y]);
    const piece = clipped(clipped(moved, 180, 1), -180, -1);
    if (piece.length > 2) out.push(piece);
  }
  return out;
}

/** A ring as differences of whole steps; null when nothing of it is left. */
function encoded(ring) {
  const out = [];
  let x = 0, y = 0, n = 0;
  for (const [lon, lat] of ring) {
    const dx = Math.round(lon * STEPS) - x, dy = Math.round(lat * STEPS) - y;
    if (n > 0 && Math.abs(dx) + Math.abs(dy) < 2) continue;
    out.push(dx, dy);
    x += dx;
    y += dy;
    n++;
  }
  return n > 2 ? out : null;
}

/** A country of less than a step keeps a square of two. */
function square([lon, lat]) {
  return [Math.round(lon * STEPS) - 1, Math.round(lat * STEPS) - 1, 2, 0, 0, 2, -2, 0];
}

function polygonsOf(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.arcs] : geometry.arcs ?? [];
  const out = [];
  for (const [outer, ...holes] of polygons) {
    const inner = holes.map((hole) => encoded(ringOf(hole))).filter(Boolean);
    pieces(ringOf(outer)).map(encoded).filter(Boolean).forEach((ring, i) => out.push(i === 0 ? [ring, ...inner] : [ring]));
  }
  if (out.length === 0 && polygons.length > 0) out.push([square(ringOf(polygons[0][0])[0])]);
  return out;
}

const countries = topology.objects.countries.geometries
  .map((geometry) => [Number(geometry.id ?? 0), geometry.properties.name, polygonsOf(geometry)])
  .filter((country) => country[2].length > 0);
process.stdout.write(JSON.stringify(countries));
