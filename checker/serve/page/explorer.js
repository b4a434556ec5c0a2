// The interactive page: asks the server for the state of an address, and goes from one to the next.

import { changed, parsed } from "./address.js";
import { byId, counted } from "./dom.js";
import { show } from "./show.js";

const start = JSON.parse(byId("start").textContent);
let shown = start.shown;
let asked = 0;
let search = null;

function say(text, wrong = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("wrong", wrong);
}

async function answer(url, options) {
  try {
    const response = await fetch(url, options);
    const told = await response.json();
    if (!response.ok) throw new Error(told.error);
    return told;
  } catch (error) {
    say(error instanceof TypeError ? "The server does not answer; is it still running?" : error.message, true);
    return null;
  }
}

// Shows the state of an address; an answer that a later question has overtaken is dropped.
async function load(query) {
  const mine = ++asked;
  const slow = setTimeout(() => say("Loading …"), 400);
  const told = await answer(`/api/state?${query}`);
  clearTimeout(slow);
  if (told === null || mine !== asked) return false;
  shown = told;
  render();
  return true;
}

async function go(query, text = "") {
  const before = shown.query;
  if (!(await load(query))) {
    show(shown, start.choices, act);
    return;
  }
  if (shown.query !== before) history.pushState(null, "", `?${query}`);
  say(text || position());
}

function position() {
  const step = shown.steps[shown.at - 1];
  const wrong = shown.properties.filter((p) => p.kind !== "reachable" && !p.holds).map((p) => p.name);
  const where = shown.at ? `After step ${shown.at}, ${step.label}` : "The initial state";
  return `${where}: ${counted(shown.enabled.length)} possible${wrong.length ? `, violated: ${wrong.join(", ")}` : ""}.`;
}

let rendered = false;

function render() {
  const inNext = byId("enabled").contains(document.activeElement) || document.activeElement === document.body;
  show(shown, start.choices, act);
  showSearch();
  if (inNext) preferred()?.focus({ preventScroll: !rendered }); // a page that opens shows its beginning
  rendered = true;
}

function preferred() {
  return byId("enabled").querySelector(".next button") || byId("enabled").querySelector("button");
}

function path() {
  return shown.steps.map((step) => step.path);
}

const act = {
  go,
  // A step that is the behaviour's own next leaves the rest of it in place.
  take(step) {
    const whole = [...path(), ...shown.rest];
    if (whole[shown.at] === step) return act.seek(shown.at + 1);
    const taken = [...path().slice(0, shown.at), step];
    return go(changed(shown.query, { path: taken, at: null }));
  },
  seek(at) {
    if (at < 0 || at > shown.steps.length) return undefined;
    return go(changed(shown.query, { at: at === shown.steps.length && !shown.rest.length ? null : at }));
  },
  undo() {
    if (!shown.at) return undefined;
    return go(changed(shown.query, { path: path().slice(0, shown.at - 1), at: null }));
  },
  keep() {
    const mine = changed(shown.query, { other: null, at: null });
    return go(changed(shown.query, { other: mine || "start=0" }), "Kept. What you do now is compared with it.");
  },
  swap() {
    const mine = changed(shown.query, { other: null, at: null });
    return go(changed(parsed(shown.query).given.get("other"), { other: mine || "start=0" }));
  },
  async copy() {
    try {
      await navigator.clipboard.writeText(location.href);
      say("The URL is in the clipboard: it leads back to this state.");
    } catch {
      say("This browser does not allow it; copy the URL from its address bar.", true);
    }
  },
  // A question from the beginning: its settings, then the nearest state that answers it.
  async ask(query, goal) {
    await go(query);
    if (!shown.steps.length) await act.search(goal);
  },
  async search(goal) {
    const query = changed(shown.query, { path: path().slice(0, shown.at), at: null, other: null });
    const told = await answer("/api/search", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ query, goal }),
    });
    if (told === null) return;
    search = { number: told.search, goal, taken: path().slice(0, shown.at), query };
    showSearch();
    follow(search);
  },
  async cancel() {
    if (search === null) return;
    const { number } = search;
    search = null;
    showSearch();
    await answer(`/api/search/${number}`, { method: "DELETE" });
    say("The search was cancelled.");
  },
};

function showSearch() {
  const stop = byId("cancel");
  if (stop) stop.hidden = search === null;
}

// Asks how far a search is until it ends; its result is shown from where it began.
async function follow(mine) {
  const goal = mine.goal === "any" ? "a violation" : mine.goal;
  for (let wait = 60; search === mine; wait = Math.min(wait * 1.5, 500)) {
    const told = await answer(`/api/search/${mine.number}`);
    if (search !== mine) return;
    if (told === null || told.state !== "running") {
      search = null;
      showSearch();
      if (told !== null) ended(mine, told);
      return;
    }
    if (!told.states) say(`Preparing the search for ${goal} …`);
    else say(`Looking for ${goal}: ${told.states.toLocaleString("en")} states, depth ${told.depth} …`);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function ended(mine, told) {
  if (told.state !== "found") {
    return say(`${mine.goal === "any" ? "No violation" : mine.goal}: ${told.text}.`, told.state === "failed");
  }
  if (!told.steps) return say(`${told.goal}: already here.`);
  const whole = [...mine.taken, ...told.path];
  const steps = `${told.steps} step${told.steps === 1 ? "" : "s"}`;
  const other = parsed(shown.query).given.get("other");
  return go(
    changed(mine.query, { path: whole, at: mine.taken.length, other }),
    `${told.goal} in ${steps} from here (${told.states.toLocaleString("en")} states, ${told.seconds} s): follow it with →.`,
  );
}

// --- keyboard

function move(by) {
  const all = [...byId("enabled").querySelectorAll("button")];
  const now = all.indexOf(document.activeElement);
  const next = now < 0 ? all.indexOf(preferred()) : Math.min(Math.max(now + by, 0), all.length - 1);
  all[next]?.focus();
}

function toggle(id) {
  byId(id).open = !byId(id).open;
  byId(id).querySelector("summary").focus();
}

const keys = {
  j: () => move(1),
  ArrowDown: () => move(1),
  k: () => move(-1),
  ArrowUp: () => move(-1),
  u: act.undo,
  Backspace: act.undo,
  h: () => act.seek(shown.at - 1),
  ArrowLeft: () => act.seek(shown.at - 1),
  l: () => act.seek(shown.at + 1),
  ArrowRight: () => act.seek(shown.at + 1),
  Home: () => act.seek(0),
  End: () => act.seek(shown.steps.length),
  n: () => act.search("any"),
  Escape: act.cancel,
  p: act.keep,
  d: () => toggle("cannot"),
  s: () => toggle("chooser"),
  "?": () => byId("help").showModal(),
  Enter: () => preferred()?.click(),
};

document.addEventListener("keydown", (event) => {
  const target = event.target;
  const own = target.closest("select, input, dialog");
  const pressed = event.key === "Enter" && target.closest("button, summary, a");
  const scrolled = event.key.startsWith("Arrow") && target.closest("#drawing");
  if (own || pressed || scrolled || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});

addEventListener("popstate", async () => {
  if (await load(location.search.slice(1))) say(position());
});

render();
say(position());
