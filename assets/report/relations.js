// Options of the charts of links: networks and flows.

/** Names and what flows through each, in the order of their first link. */
function nodesOf(links) {
  const nodes = new Map();
  for (const [source, target, amount] of links) {
    nodes.set(source, (nodes.get(source) ?? 0) + amount);
    nodes.set(target, (nodes.get(target) ?? 0) + amount);
  }
  return nodes;
}

function drawNetwork(chart, size) {
  const links = chart.data.links, nodes = nodesOf(links), s = surface();
  const most = Math.max(1, ...nodes.values()), strongest = Math.max(1, ...links.map((link) => link[2]));
  const measure = chart.size ?? "links";
  const circle = nodes.size <= 40, turned = circle && nodes.size > 16;
  const option = { ...baseOption(),
    tooltip: tooltipOption({ formatter: (item) => item.dataType === "edge"
      ? `${chartText(item.data.source)} and ${chartText(item.data.target)}\n${words(measure)}: ${measureText(measure, item.data.value)}`
      : `${chartText(item.name)}\n${words(measure)}, all links: ${measureText(measure, item.value)}` }),
    series: [{ type: "graph", layout: circle ? "circular" : "force", roam: false, draggable: !circle, left: "18%", right: "18%",
      top: turned ? 90 : 40, bottom: turned ? 90 : 40, circular: { rotateLabel: turned }, force: { initLayout: "circular", repulsion: 120, layoutAnimation: false },
      label: { show: true, color: s.text, position: turned ? undefined : "bottom",
        formatter: (item) => chartText(item.name, size.width < 500 ? 14 : 24) },
      emphasis: { focus: "adjacency" }, lineStyle: { color: s.rest, curveness: circle ? 0.2 : 0, opacity: 0.7 },
      data: [...nodes].map(([name, value]) => ({ name, value, symbolSize: 8 + 28 * Math.sqrt(value / most),
        itemStyle: { color: colourOf(chart.palette, name) } })),
      links: links.map(([source, target, value]) => ({ source, target, value,
        lineStyle: { width: 1 + 5 * (value / strongest) } })) }] };
  return { option, height: size.width < 500 ? 380 : 520 };
}

/** Whether links lead back to where they began. */
function isCyclic(links) {
  const next = new Map(), state = new Map();
  for (const [source, target] of links) next.set(source, [...(next.get(source) ?? []), target]);
  const visit = (name) => {
    if (state.get(name) === 1) return true;
    if (state.get(name) === 2) return false;
    state.set(name, 1);
    const found = (next.get(name) ?? []).some(visit);
    state.set(name, 2);
    return found;
  };
  return [...next.keys()].some(visit);
}

/** Flows run from left to right; where they would run in a circle, the two sides are kept apart. */
function drawSankey(chart, size) {
  const raw = chart.data.links, apart = isCyclic(raw), s = surface();
  const key = (name, side) => (apart ? side : "") + name, bare = (name) => (apart ? name.slice(1) : name);
  const links = raw.map(([source, target, value]) => ({ source: key(source, "<"), target: key(target, ">"), value }));
  const sources = new Set(links.map((link) => link.source));
  const names = [...new Set(links.flatMap((link) => [link.source, link.target]))];
  const measure = chart.size ?? "count";
  const rows = Math.max(sources.size, names.length - sources.size);
  const option = { ...baseOption(),
    tooltip: tooltipOption({ formatter: (item) => (item.dataType === "edge"
      ? `${chartText(bare(item.data.source), 40)} → ${chartText(bare(item.data.target), 40)}` : chartText(bare(item.name)))
      + `\n${words(measure)}: ${measureText(measure, item.value)}` }),
    series: [{ type: "sankey", left: 4, right: size.width < 500 ? 110 : 210, top: 8, bottom: 8, nodeGap: 7, nodeWidth: 14,
      draggable: false, emphasis: { focus: "adjacency" }, lineStyle: { color: "source", opacity: 0.35, curveness: 0.5 },
      label: { color: s.text, fontSize: 12, formatter: (item) => chartText(bare(item.name), size.width < 500 ? 14 : 30) },
      data: names.map((name) => ({ name, itemStyle: { color: sources.has(name) ? colourOf(chart.palette, bare(name)) : s.quiet,
        borderWidth: 0 } })), links }] };
  return { option, height: Math.max(320, 60 + rows * 26) };
}
