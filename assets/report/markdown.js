// The little Markdown that analyses write: paragraphs, lists, `code`, *emphasis*, **strong**. Links stay text.

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*/g;

function inlineMarkdown(text) {
  const out = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    out.push(text.slice(at, match.index));
    if (match[1]) out.push(el("code", {}, match[1]));
    else out.push(el(match[2] ? "strong" : "em", {}, match[2] ?? match[3]));
    at = match.index + match[0].length;
  }
  out.push(text.slice(at));
  return out;
}

/** The paragraphs and lists of a text, as elements. */
function markdown(text) {
  return String(text).trim().split(/\n\s*\n/).map((block) => {
    const lines = block.split("\n").map((line) => clean(line, 4000));
    if (lines.every((line) => /^\s*[-*] /.test(line))) {
      return el("ul", {}, lines.map((line) => el("li", {}, inlineMarkdown(line.replace(/^\s*[-*] /, "")))));
    }
    return el("p", {}, inlineMarkdown(lines.join(" ").replace(/^#+ /, "")));
  });
}
