// Draws one view of rag/ui/views.py. Text enters the page through text nodes only.

// As rag/text/legible.py has it: what would turn other words around, or cover them, is shown as what it is.
const OVERRIDES = /[\u202d\u202e]/g;
const TOO_MANY_MARKS = /([\p{Mn}\p{Me}]{8})[\p{Mn}\p{Me}]+/gu;

function legible(text) {
  return text.replace(OVERRIDES, "\ufffd").replace(TOO_MANY_MARKS, "$1\ufffd");
}

function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  const given = children.filter((child) => child !== null && child !== undefined && child !== "");
  node.append(...given.map((child) => (typeof child === "string" ? legible(child) : child)));
  return node;
}

function button(className, onClick, ...children) {
  const node = el("button", className, ...children);
  node.type = "button";
  node.addEventListener("click", onClick);
  return node;
}

// What an article says runs the way of its first letter, whatever stands around it.
function auto(node) {
  node.dir = "auto";
  return node;
}

// Outlet, day and the rest, each running its own way.
function dotted(text) {
  return (text ?? "").split(" · ").flatMap((part, index) => [index ? " · " : null, el("bdi", "", part)]);
}

function meta(text) {
  return el("div", "meta", ...dotted(text));
}

// The words behind a chip, shown beside it on hover and on keyboard focus. A popover lies in the top layer,
// so that no container of the page can clip it.
function makePreview() {
  const box = auto(el("div", "preview"));
  box.popover = "manual";
  // Its words are in the description of what it stands beside.
  box.ariaHidden = "true";
  const hide = () => box.matches(":popover-open") && box.hidePopover();
  const show = (chip, view) => {
    box.replaceChildren(meta(view.meta), el("div", "preview-quote", view.quote), ...notes(view.notes), el("div", "hint", view.hint ?? "Opens in the article"));
    box.showPopover();
    const at = chip.getBoundingClientRect();
    const size = box.getBoundingClientRect();
    const room = window.innerWidth - size.width - 12;
    const below = at.bottom + 8 + size.height < window.innerHeight;
    box.style.left = `${Math.max(12, Math.min(at.left - 24, room))}px`;
    box.style.top = `${below ? at.bottom + 8 : Math.max(8, at.top - size.height - 8)}px`;
  };
  return { box, hide, show };
}

// The days that relative words of a quote mean; beside it, never in it.
function notes(lines) {
  return (lines ?? []).map((line) => el("div", "note", line));
}

function chips(views, page) {
  return views.map((view) => {
    const chip = button("chip", () => page.open(view.open), String(view.number));
    chip.ariaLabel = `Source ${view.number}: ${[view.title, ...view.meta.split(" · ")].join(", ")}. Opens the quoted words.`;
    chip.ariaDescription = [view.quote, ...(view.notes ?? [])].join(" ");
    chip.addEventListener("mouseenter", () => page.preview.show(chip, view));
    chip.addEventListener("focus", () => chip.matches(":focus-visible") && page.preview.show(chip, view));
    for (const event of ["mouseleave", "blur"]) chip.addEventListener(event, page.preview.hide);
    chip.addEventListener("keydown", (event) => event.key === "Escape" && page.preview.hide());
    return chip;
  });
}

function sentence(view, page) {
  // The last word and the chips keep together, so that no chip begins a line; a very long last word may break.
  const [before, answering, after] = view.parts;
  const words = view.chips.length ? after.search(/\S{1,24}$/) : -1;
  const head = words < 0 ? after : after.slice(0, words);
  const tail = el("span", "tail", words < 0 ? null : after.slice(words), el("span", "chips", ...chips(view.chips, page)));
  const bold = answering ? el("strong", "", answering) : null;
  const why = view.flag ? mark(view, page) : null;
  return el("span", "sentence", el("span", view.struck ? "struck" : view.flag ? "doubted" : "", before, bold, head, tail), why, " ");
}

// A quiet mark behind a sentence that failed its check; hover, focus or a tap shows why.
function mark(view, page) {
  const node = button("flag", () => page.preview.show(node, why), view.mark);
  const why = { meta: view.flag, quote: view.reason || "", hint: "" };
  node.setAttribute("aria-label", view.reason ? `${view.flag}: ${view.reason}` : view.flag);
  for (const event of ["mouseenter", "focus"]) node.addEventListener(event, () => page.preview.show(node, why));
  for (const event of ["mouseleave", "blur"]) node.addEventListener(event, page.preview.hide);
  node.addEventListener("keydown", (event) => event.key === "Escape" && page.preview.hide());
  return node;
}

// Accounts that differ, newest first, beside each other where there is room.
function account(view, page) {
  const sides = view.sides.map((side) =>
    auto(
      el(
        "li",
        "side",
        el("div", side.whole ? "said whole" : "said", side.value, el("span", "chips", ...chips(side.chips, page))),
        side.speaker ? Object.assign(el("div", "speaker", "according to ", el("bdi", "", side.speaker)), { dir: "ltr" }) : null,
        meta(side.meta),
      ),
    ),
  );
  return el("section", "account", el("h3", "", el("span", "lead", view.lead), " ", el("bdi", "", view.about)), el("ul", "", ...sides));
}

// The copies of what is quoted: one source with it, so they stay closed.
function carriedList(view, page) {
  if (!view) return null;
  const copies = view.copies.map((copy) => el("li", "", button("link", () => page.open(copy.open), ...dotted(copy.label))));
  return el("details", "carried", el("summary", "", view.heading), el("ul", "", ...copies));
}

function card(view, page) {
  const quotes = view.quotes.map((quote) => {
    const also = quote.also.map((other) => button("link", () => page.open(other.open), el("bdi", "", other.label)));
    return el(
      "div",
      "quoted",
      auto(button("quote", () => page.open(quote.open), el("span", "number", String(quote.number)), el("span", "words", quote.quote))),
      ...notes(quote.notes),
      carriedList(quote.carried, page),
      also.length ? el("div", "also", "Also in ", ...also) : null,
    );
  });
  const title = view.open === null ? el("div", "deleted", view.title) : button("title", () => page.open(view.open), view.title);
  return el("article", "card", auto(el("div", "", title, meta(view.meta))), ...quotes);
}

function foundItem(view, page) {
  return auto(el("li", "", button("title", () => page.open(view.open), view.title), meta(view.meta), el("p", "snippet", view.text)));
}

function foundList(view, page) {
  const details = el("details", "found", el("summary", "", view.found_heading), el("ul", "", ...view.found.map((item) => foundItem(item, page))));
  details.open = view.found_open;
  return details;
}

// What was understood, where each passage stood, and where the time went.
function why(view) {
  if (!view) return null;
  const facts = view.facts.flatMap(([name, fact]) => [el("dt", "", name), auto(el("dd", "", fact))]);
  const head = el("tr", "", ...view.heads.map((name) => Object.assign(el("th", "", name), { scope: "col" })));
  const rows = view.rows.map((row) => el("tr", "", ...row.map((cell) => auto(el("td", "", ...dotted(cell))))));
  const table = el("table", "", el("thead", "", head), el("tbody", "", ...rows));
  // It scrolls sideways in a narrow window, which takes a focus of its own.
  const wide = Object.assign(el("div", "wide", table), { tabIndex: 0, role: "region", ariaLabel: "What became of each passage" });
  return el("details", "why", el("summary", "", "Why this answer"), el("dl", "", ...facts), wide);
}

function drawQuestion(view, page) {
  const edit = view.edit ? button("edit", () => page.open(view.edit), "✎") : null;
  if (edit) Object.assign(edit, { title: "Edit and ask again", ariaLabel: "Edit this question and ask again" });
  return [auto(el("div", "asked", el("h2", "question", view.text), edit)), view.note ? el("div", "meta", view.note) : null];
}

function drawSentences(view, page) {
  const writing = view.writing ? el("span", "writing", view.writing) : null;
  return [view.sentences.length || writing ? auto(el("p", "prose", ...view.sentences.map((item) => sentence(item, page)), writing)) : null];
}

function drawAnswer(view, page) {
  return [
    view.notice ? el("p", "notice", view.notice) : null,
    view.refusal ? el("p", "prose refusal", view.refusal) : null,
    ...drawSentences(view, page),
    ...view.accounts.map((item) => account(item, page)),
    view.cited.length ? el("h3", "label", "Cited") : null,
    view.cited.length ? el("div", "cards", ...view.cited.map((item) => card(item, page))) : null,
    view.found.length ? foundList(view, page) : null,
    why(view.why),
    el("div", "foot", view.foot ? el("span", "", view.foot) : null, copier("Copy with sources", () => view.copy)),
  ];
}

// The clipboard wants a click and a secure page; elsewhere, as over plain http in a local network, the old way.
async function copied(text, root) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", "aside");
    area.value = text;
    root.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function copier(label, text) {
  const node = button("link copy", async () => {
    const done = await copied(text(), node.getRootNode().querySelector(".nd"));
    node.textContent = done ? "Copied" : "This browser does not let pages copy";
    setTimeout(() => (node.textContent = label), 2500);
    node.focus();
  }, label);
  node.setAttribute("aria-live", "polite");
  return node;
}

function drawLink(view) {
  const address = new URL(window.location.href);
  address.search = view.query;
  address.hash = "";
  const field = el("input", "address");
  Object.assign(field, { value: address.href, readOnly: true, ariaLabel: "Address of the conversation" });
  field.addEventListener("focus", () => field.select());
  return [el("div", "sharing", field, copier("Copy link", () => address.href))];
}

// On a phone the sidebar lies over the page, and Streamlit lets no script of ours close it.
function drawChosen() {
  if (window.innerWidth < 768) document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  return [];
}

function drawFound(view) {
  return [el("ul", "reading", ...view.items.map((item) => auto(el("li", "", el("span", "headline", item.title), " ", el("span", "meta", ...dotted(item.meta))))))];
}

// A browser sets a line of 200,000 letters in minutes, and a hundred of 2,000 at once.
function lines(text) {
  const parts = text.match(/[^\n]{1,2000}\n*|\n+/gu) ?? [];
  return parts.flatMap((part, index) => (part.endsWith("\n") || index === parts.length - 1 ? [part] : [part, el("br")]));
}

function drawArticle(view) {
  const pieces = view.text.flatMap(([text, kind]) => (kind ? [el("mark", kind, ...lines(text))] : lines(text)));
  const link = view.link ? el("a", "original", "Open the original ↗") : null;
  if (link) Object.assign(link, { href: view.link, target: "_blank", rel: "noopener noreferrer" });
  const headline = el("h2", "headline", view.title);
  const body = el("div", "body", ...pieces);
  const revision = drawRevision(view.revision);
  // Screen readers pronounce by lang; Arabic and Hebrew run from the right, and all that stands over them begins there.
  for (const node of [headline, body, revision?.querySelector(".changes")]) if (view.lang && node) node.lang = view.lang;
  const article = el("div", "article", headline, el("div", "meta byline", ...dotted(view.byline)), link, ...notes(view.notes), view.part ? el("div", "note", view.part) : null, revision, body);
  article.dir = view.dir;
  return [article];
}

// What became of the article since: closed, so that the quoted words stay what is seen first.
function drawRevision(revision) {
  if (!revision) return null;
  const tags = { gone: "del", new: "ins" };
  const changes = revision.changes.map(([text, kind]) => (tags[kind] ? el(tags[kind], kind, ...lines(text)) : el("span", "", ...lines(text))));
  const box = el(changes.length ? "details" : "div", "revision");
  box.append(el(changes.length ? "summary" : "div", "revision-head", revision.heading), auto(el("div", "meta", revision.detail)));
  if (changes.length) box.append(el("div", "changes", ...changes));
  return box;
}

// Streamlit runs after the end of a page as long as it takes the reader to be there. A wheel is the reader's hand to it, which ends
// the run, and at a scroll it looks where the reader is; a frame later, since it acts on the wheel at its next drawing.
function letGo() {
  const page = document.querySelector(".stMain");
  page?.dispatchEvent(new Event("wheel"));
  setTimeout(() => page?.dispatchEvent(new Event("scroll")), 25);
}

// The drawer slides in while this runs, the page still grows, and Streamlit follows its end: look again until all
// stands, unless the reader has taken over.
function bringIntoView(node, block) {
  const look = () => {
    letGo();
    node.scrollIntoView({ block });
  };
  const timers = [0, 150, 450, 900, 1600, 2600].map((wait) => setTimeout(look, wait));
  const stop = () => timers.forEach(clearTimeout);
  for (const event of ["wheel", "touchmove", "keydown", "pointerdown"]) window.addEventListener(event, stop, { once: true, passive: true });
  return stop;
}

// What a drawer or a form leaves behind when it goes is a focus on nothing: it is given back to the button that opened it, by its
// place, since a redraw makes the buttons anew.
let opener = null;

function opens(root) {
  const at = [...root.querySelectorAll("button")].indexOf(root.getRootNode().activeElement);
  opener = () => root.querySelectorAll("button")[at]?.focus();
}

// What to do for the keyboard once a view has left the page: an article goes back to its opener, a question becomes a form.
function gone(data) {
  if (data.kind === "article") opener?.();
  if (data.kind !== "question") return;
  // The form comes when Streamlit gets to it; who has gone elsewhere by then stays there.
  for (const wait of [0, 100, 300, 700, 1500])
    setTimeout(() => document.activeElement === document.body && document.querySelector('[class*="st-key-question-text-"] textarea')?.focus(), wait);
}

// What keeps the focus in Streamlit's dialogs sees no shadow root, and would pass by what stands in ours: the host takes the focus for
// it and hands it on, and Tab is the browser's own until the last of it.
function joinDialog(root) {
  const shadow = root.getRootNode();
  if (!shadow.host?.closest("[role=dialog]")) return;
  const stops = () => [...root.querySelectorAll("a[href], button, input, summary")].filter((node) => node.checkVisibility());
  if (!stops().length) return;
  shadow.host.tabIndex = 0;
  shadow.host.onfocus = () => shadow.activeElement || stops()[0].focus();
  root.onkeydown = (event) => {
    const next = stops()[stops().indexOf(shadow.activeElement) + (event.shiftKey ? -1 : 1)];
    if (event.key === "Tab" && next) event.stopPropagation();
  };
}

// One line for screen readers, which hear of what is put into it; in the page from the start, as they want it.
const spoken = el("div", "");
spoken.setAttribute("aria-live", "polite");
spoken.style.cssText = "position: fixed; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)";
document.body.append(spoken);
let said = null;

// An answer is said once, when it is whole, however often it is drawn.
function say(announcement) {
  if (!announcement || announcement.id === said) return;
  said = announcement.id;
  setTimeout(() => (spoken.textContent = announcement.text), 500);
}

const DRAW = { question: drawQuestion, sentences: drawSentences, answer: drawAnswer, found: drawFound, article: drawArticle, link: drawLink, chosen: drawChosen };

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".nd");
  root.dataset.kind = data.kind;
  const preview = makePreview();
  const open = (key) => {
    preview.hide();
    opens(root);
    setTriggerValue("open", key);
  };
  root.replaceChildren(...DRAW[data.kind](data, { open, preview }).filter(Boolean), preview.box);
  joinDialog(root);
  say(data.announcement);
  const stop = settle(root, data);
  return () => {
    stop?.();
    preview.hide();
    setTimeout(() => root.isConnected || gone(data));
  };
}

// Brings what is new into view; a question once for each value of ``scroll``, so that a redraw moves nothing under a reader.
function settle(root, data) {
  const mark = root.querySelector("mark.focus");
  if (mark) return bringIntoView(mark, "center");
  if (!data.scroll || root.dataset.scrolled === data.scroll) return null;
  root.dataset.scrolled = data.scroll;
  return bringIntoView(root.querySelector(".question"), "start");
}
