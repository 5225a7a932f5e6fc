// Making elements. Text of the data is only ever given as a text node; nothing here reads markup.

/** An element with attributes, listeners (`onclick`) and children: elements, texts, or nothing. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== "") element.append(child);
  }
  return element;
}

/** A text in an element of its own, whose writing direction can't reach its neighbours. */
function bdi(text) { return el("bdi", {}, text); }

/** A switch: a button that is pressed or not. */
function toggle(label, pressed, change) {
  const button = el("button", { type: "button", class: "switch", "aria-pressed": String(pressed) }, label);
  button.addEventListener("click", () => {
    const now = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(now));
    change(now);
  });
  return button;
}

let lastId = 0;
function newId(stem) { return stem + "-" + ++lastId; }

/** Texts that are written anew when the defanging is switched: [element, () => text]. */
const living = [];
function livingText(element, text) {
  living.push([element, text]);
  element.textContent = text();
  return element;
}
function refreshTexts() { for (const [element, text] of living) element.textContent = text(); }

/** Tells a screen reader what happened. */
function announce(text) {
  const region = document.getElementById("said");
  if (region) region.textContent = text;
}
