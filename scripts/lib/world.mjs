// Turns Natural Earth's countries (npm world-atlas, TopoJSON) into the outlines that a report's page carries:
// [[code, name, [polygon…]]…], the code being ISO 3166's two letters ("" for what has none), a polygon being rings, a ring flat integers in steps of 1/50 degree, each point as the
// difference to the one before. Rings that cross the antimeridian are cut there, so that none spans the map; points
// closer than a step are dropped, rings without an area too, but no country goes.
// Usage: node world.mjs countries-50m.json > world.json
import { readFileSync } from "node:fs";

const STEPS = 50; // per degree

// ISO 3166: the number of each country of the outlines, and its two letters.
const CODES = `004AF 008AL 010AQ 012DZ 016AS 020AD 024AO 028AG 031AZ 032AR 036AU 040AT 044BS 048BH 050BD 051AM 052BB 056BE 060BM 064BT
068BO 070BA 072BW 076BR 084BZ 086IO 090SB 092VG 096BN 100BG 104MM 108BI 112BY 116KH 120CM 124CA 132CV 136KY 140CF 144LK 148TD 152CL
156CN 158TW 170CO 174KM 178CG 180CD 184CK 188CR 191HR 192CU 196CY 203CZ 204BJ 208DK 212DM 214DO 218EC 222SV 226GQ 231ET 232ER 233EE
234FO 238FK 239GS 242FJ 246FI 248AX 250FR 258PF 260TF 262DJ 266GA 268GE 270GM 275PS 276DE 288GH 296KI 300GR 304GL 308GD 316GU 320GT
324GN 328GY 332HT 334HM 336VA 340HN 344HK 348HU 352IS 356IN 360ID 364IR 368IQ 372IE 376IL 380IT 384CI 388JM 392JP 398KZ 400JO 404KE
408KP 410KR 414KW 417KG 418LA 422LB 426LS 428LV 430LR 434LY 438LI 440LT 442LU 446MO 450MG 454MW 458MY 462MV 466ML 470MT 478MR 480MU
484MX 492MC 496MN 498MD 499ME 500MS 504MA 508MZ 512OM 516NA 520NR 524NP 528NL 531CW 533AW 534SX 540NC 548VU 554NZ 558NI 562NE 566NG
570NU 574NF 578NO 580MP 583FM 584MH 585PW 586PK 591PA 598PG 600PY 604PE 608PH 612PN 616PL 620PT 624GW 626TL 630PR 634QA 642RO 643RU
646RW 652BL 654SH 659KN 660AI 662LC 663MF 666PM 670VC 674SM 678ST 682SA 686SN 688RS 690SC 694SL 702SG 703SK 704VN 705SI 706SO 710ZA
716ZW 724ES 728SS 729SD 732EH 740SR 748SZ 752SE 756CH 760SY 762TJ 764TH 768TG 776TO 780TT 784AE 788TN 792TR 795TM 796TC 800UG 804UA
807MK 818EG 826GB 831GG 832JE 833IM 834TZ 840US 850VI 854BF 858UY 860UZ 862VE 876WF 882WS 887YE 894ZM`;
const codeOf = new Map(CODES.split(/\s+/).map((entry) => [entry.slice(0, 3), entry.slice(3)]));
const unnumbered = { Kosovo: "XK" }; // the code that address databases give it

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
  .map((geometry) => [codeOf.get(geometry.id) ?? unnumbered[geometry.properties.name] ?? "", geometry.properties.name, polygonsOf(geometry)])
  .filter((country) => country[2].length > 0);
process.stdout.write(JSON.stringify(countries));
