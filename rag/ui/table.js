// Draws the views of rag/ui/holdings.py. Text enters the page through text nodes only.

function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

function opener(className, key, open, text) {
  const node = el("button", className, text);
  node.type = "button";
  node.dataset.opens = key;
  node.addEventListener("click", () => open(key));
  return node;
}

function row(view, open) {
  const [published, outlet, language, versions, passages] = view.cells;
  const title = opener("title", view.open, open, view.title);
  if (view.lang) title.lang = view.lang;
  title.dir = view.dir;
  const changed = view.changed ? opener("changed", view.changed, open, versions) : null;
  if (changed) Object.assign(changed, { title: "What changed", ariaLabel: `${versions} versions of “${view.title}”: what changed` });
  const cells = [
    el("td", "published", published),
    el("td", "headline", title, view.copies ? el("div", "copies", view.copies) : null),
    el("td", "outlet", outlet),
    el("td", "language", language),
    el("td", "number versions", changed ?? versions),
    el("td", passages === "1" ? "number passages one" : "number passages", passages),
  ];
  return el("tr", view.changed ? "revised" : "", ...cells);
}

function drawTable(view, open) {
  const heads = view.heads.map((name, place) => Object.assign(el("th", place > 3 ? "number" : "", name), { scope: "col" }));
  return [el("table", "", el("thead", "", el("tr", "", ...heads)), el("tbody", "", ...view.rows.map((item) => row(item, open))))];
}

// One stop of the keyboard; the arrows walk along it.
function drawTimeline(view, open) {
  const bars = view.bars.map((bar) => {
    const fill = el("span", "fill");
    fill.style.height = bar.share ? `max(2px, ${100 * bar.share}%)` : "0";
    const node = bar.open ? opener("bar", bar.open, open, fill) : el("span", "bar", fill);
    node.title = bar.said;
    if (bar.open) Object.assign(node, { ariaLabel: bar.said, tabIndex: -1 });
    return node;
  });
  const stops = bars.filter((node) => node.tagName === "BUTTON");
  stops.at(-1).tabIndex = 0;
  const line = el("div", "bars", ...bars);
  line.setAttribute("role", "toolbar");
  line.setAttribute("aria-label", view.said);
  line.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -stops.length, End: stops.length }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = stops.indexOf(event.target);
    const to = stops[Math.min(Math.max(at + step, 0), stops.length - 1)];
    stops[at].tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  });
  return [line, el("div", "ends", ...view.ends.map((name) => el("span", "", name)))];
}

function drawChanges(view) {
  const tags = { gone: "del", new: "ins" };
  const headline = el("h2", "", view.heading);
  const body = el("div", "changes", ...view.pieces.map(([text, kind]) => (tags[kind] ? el(tags[kind], "", text) : text)));
  for (const node of [headline, body]) {
    if (view.lang) node.lang = view.lang;
    node.dir = view.dir;
  }
  return [headline, el("p", "meta", view.meta), el("p", "said", view.said), view.pieces.length ? body : null];
}

// Streamlit gives the keyboard back to the page, not to the row: it goes there once the drawer that the row opened is closed.
function comeBack(root, key) {
  let there = false;
  root.watching?.disconnect();
  root.watching = new MutationObserver(() => {
    const now = document.querySelector('[data-testid="stDialog"]') !== null;
    if (there && !now) {
      root.watching.disconnect();
      setTimeout(() => root.querySelector(`[data-opens="${key}"]`)?.focus(), 50);
    }
    there = now;
  });
  root.watching.observe(document.body, { childList: true, subtree: true });
}

const DRAW = { table: drawTable, timeline: drawTimeline, changes: drawChanges };

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".nd");
  root.dataset.kind = data.kind;
  root.open = (key) => {
    comeBack(root, key);
    setTriggerValue("open", key);
  };
  // Drawn anew only where something changed, so that the keyboard stays on the row that was opened.
  const drawn = JSON.stringify(data);
  if (root.drawn === drawn) return;
  root.drawn = drawn;
  root.replaceChildren(...DRAW[data.kind](data, (key) => root.open(key)).filter(Boolean));
}
