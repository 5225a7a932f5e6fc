// The little Markdown that analyses write: paragraphs, lists, `code`, *emphasis*, **strong**. Links stay text; indicators
// are defanged as everywhere.

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*/g;

function plainPiece(text, tag) { return tag ? el(tag, {}, text) : text; }

/** A piece of text, in an element of its own where the switch changes it. */
function livingPiece(text, tag) {
  if (defangText(text) === text) return plainPiece(text, tag);
  return livingText(el(tag ?? "span"), () => defangText(text));
}

function inlineMarkdown(text, ofData) {
  const out = [], piece = ofData ? livingPiece : plainPiece;
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    out.push(piece(text.slice(at, match.index)));
    out.push(piece(match[1] ?? match[2] ?? match[3], match[1] ? "code" : match[2] ? "strong" : "em"));
    at = match.index + match[0].length;
  }
  out.push(piece(text.slice(at)));
  return out;
}

/** The paragraphs and lists of a text, as elements; `ofData` is false for what a plugin says of itself. */
function markdown(text, ofData = true) {
  return String(text).trim().split(/\n\s*\n/).map((block) => {
    const lines = block.split("\n").map((line) => clean(line, 4000));
    if (lines.every((line) => /^\s*[-*] /.test(line))) {
      return el("ul", {}, lines.map((line) => el("li", {}, inlineMarkdown(line.replace(/^\s*[-*] /, ""), ofData))));
    }
    return el("p", {}, inlineMarkdown(lines.join(" ").replace(/^#+ /, ""), ofData));
  });
}
