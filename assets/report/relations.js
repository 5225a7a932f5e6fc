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
  const head = size.head;
  const links = chart.data.links, nodes = nodesOf(links), s = surface();
  const most = Math.max(1, ...nodes.values()), strongest = Math.max(1, ...links.map((link) => link[2]));
  const measure = chart.size ?? "links";
  const circle = nodes.size <= 40, turned = circle && nodes.size > 16, letters = size.width < 500 ? 14 : 24;
  const shown = (name) => chartText(name, letters, chart.target);
  const room = turned ? 34 + 6.8 * Math.max(...[...nodes.keys()].map((name) => shown(name).length)) : 40; // for turned names around the circle
  const across = Math.min(360, Math.max(140, size.width - 2 * room)), largest = turned ? Math.min(36, (Math.PI * across) / nodes.size + 6) : 36;
  const option = { ...baseOption(),
    tooltip: tooltipOption({ formatter: (item) => item.dataType === "edge"
      ? `${chartText(item.data.source, 60, chart.source)} and ${chartText(item.data.target, 60, chart.target)}\n${words(measure)}: ${measureText(measure, item.data.value)}`
      : `${chartText(item.name, 60, chart.target)}\n${words(measure)}, all links: ${measureText(measure, item.value)}` }),
    series: [{ type: "graph", layout: circle ? "circular" : "force", roam: false, draggable: !circle, left: turned ? room : "18%", right: turned ? room : "18%",
      top: head + room, bottom: room, circular: { rotateLabel: turned }, force: { initLayout: "circular", repulsion: 120, layoutAnimation: false },
      label: { show: true, color: s.text, position: turned ? undefined : "bottom",
        formatter: (item) => shown(item.name) },
      labelLayout: { hideOverlap: true }, emphasis: { focus: "adjacency" }, lineStyle: { color: s.rest, curveness: circle ? 0.2 : 0, opacity: 0.7 },
      data: [...nodes].map(([name, value]) => ({ name, value, symbolSize: 8 + (largest - 8) * Math.sqrt(value / most),
        itemStyle: styleOf(chart.palette, name) })),
      links: links.map(([source, target, value]) => ({ source, target, value,
        lineStyle: { width: 1 + 5 * (value / strongest) } })) }] };
  return { option, height: head + (turned ? 2 * room + across : size.width < 500 ? 380 : 520) };
}

/** Flows run from left to right through the stages; a name that occurs in two of them is two nodes. */
function drawSankey(chart, size) {
  const { links: raw, stages } = chart.data, s = surface(), head = size.head;
  const key = (stage, name) => stage + "|" + name, bare = (id) => id.slice(2), stageOf = (id) => Number(id[0]);
  const links = raw.map(([source, target, value, stage]) => ({ source: key(stage, source), target: key(stage + 1, target), value }));
  const names = [...new Set(links.flatMap((link) => [link.source, link.target]))];
  const measure = chart.size ?? "count", narrow = size.width < 500;
  const rows = Math.max(...stages.map((_, i) => names.filter((id) => stageOf(id) === i).length));
  const shown = (id, most) => chartText(stages[stageOf(id)] === "country" ? countryName(bare(id)) : bare(id), most, stages[stageOf(id)]);
  const option = { ...baseOption(),
    tooltip: tooltipOption({ formatter: (item) => (item.dataType === "edge"
      ? `${shown(item.data.source, 40)} → ${shown(item.data.target, 40)}` : shown(item.name)) + `\n${words(measure)}: ${measureText(measure, item.value)}` }),
    series: [{ type: "sankey", left: 4, right: narrow ? 110 : 210, top: head + 8, bottom: 8, nodeGap: 10, nodeWidth: 14,
      draggable: false, emphasis: { focus: "adjacency" }, lineStyle: { color: "source", opacity: 0.35, curveness: 0.5 },
      label: { color: s.text, fontSize: 12, formatter: (item) => shown(item.name, narrow ? 12 : 30) }, labelLayout: { hideOverlap: true },
      data: names.map((id) => ({ name: id, itemStyle: stageOf(id) === 0 ? { ...styleOf(chart.palette, bare(id)), borderWidth: 0 }
        : { color: s.quiet, decal: decalOf(-1), borderWidth: 0 } })), links }] };
  return { option, height: head + Math.max(320, 60 + rows * (theme.printing ? 20 : 25)) }; // a sheet holds it
}
