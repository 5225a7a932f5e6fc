// The findings of all analyses as one list in plain words: the gravest first, but no analysis crowds out the others.

const severities = ["high", "medium", "low", "info"];
const FIRST_FINDINGS = 10;
const CROWDING = 0.7; // so much of a severity's step each finding of an analysis loses to those of the others

function findingItem(finding, report) {
  const chart = report.charts.find((one) => one.name === finding.chart);
  const target = chart ? `#figure-${report.plugin}-${chart.name}` : `#${report.plugin}`;
  return el("li", { class: "finding " + finding.severity }, el("span", { class: "badge" }, finding.severity),
    el("div", {}, el("a", { href: target }, livingText(el("bdi"), () => sentenceText(finding.title, 400, finding.evidence))),
      finding.text ? el("p", { class: "note" }, livingText(el("span"), () => sentenceText(finding.text, 1000, finding.evidence))) : null), evidence(finding));
}

function evidence(finding) {
  if (!finding.evidence || finding.evidence.total === 0) return null;
  const table = new DataTable(finding.evidence, "Rows behind: " + sentenceText(finding.title, 120, finding.evidence));
  table.isFixed = true;
  const details = el("details", { class: "evidence" }, el("summary", {}, counted(finding.evidence.total, "row"), el("span", { class: "hidden" }, " behind it")));
  details.addEventListener("toggle", () => {
    if (!details.open || table.element) return;
    details.append(table.build());
    tables.push(table);
  });
  return details;
}

/** All findings in their order: [finding, report]. */
function orderedFindings(reports) {
  const queues = reports.map((report) => ({ report, taken: 0, left: report.findings.map((one) => one)
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity)) }));
  const weight = (queue) => severities.indexOf(queue.left[0].severity) + CROWDING * queue.taken;
  const out = [];
  for (;;) {
    const waiting = queues.filter((queue) => queue.left.length > 0);
    if (waiting.length === 0) return out;
    const next = waiting.reduce((best, queue) => weight(queue) < weight(best) ? queue : best);
    out.push([next.left.shift(), next.report]);
    next.taken++;
  }
}

function findingsSection(data) {
  const all = orderedFindings(data.reports);
  if (all.length === 0) {
    return section("findings", "Findings", [el("p", {}, data.input.rows === 0 ? "The input has no rows: there is nothing to find in it."
      : "The analyses point at nothing in particular. The figures below show what there is.")]);
  }
  const items = all.map(([finding, report]) => findingItem(finding, report));
  const rest = items.slice(FIRST_FINDINGS);
  const more = rest.length > 0 ? el("details", { class: "more" }, el("summary", {}, `${rest.length} more ${rest.length === 1 ? "finding" : "findings"}`),
    el("ol", { class: "findings" }, rest)) : null;
  return section("findings", "Findings", [el("ol", { class: "findings" }, items.slice(0, FIRST_FINDINGS)), more],
  "The gravest first, the analyses taking turns. Each leads to its figure; the rows behind it are beside it.");
}
