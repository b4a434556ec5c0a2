// What the page shows of a document of the server.  `act` has what can be done: go, take, seek, search.

import { beginning, changed } from "./address.js";
import { button, byId, changes, coded, counted, element, fill, picture } from "./dom.js";

export function show(shown, choices, act) {
  showChosen(shown, choices, act);
  showBehaviour(shown, act);
  showPicture(shown);
  showQuestions(shown, choices, act);
  showEnabled(shown, act);
  showDisabled(shown, act);
  showProperties(shown, act);
  showComparison(shown, act);
}

// --- settings

function showChosen(shown, choices, act) {
  const said = Object.entries(shown.changed).map(([name, value]) => `${name}=${value}`);
  const [first] = choices.settings;
  if (first && !(first.name in shown.changed)) said.unshift(`${first.name}=${shown.settings[first.name]}`);
  byId("chosen").textContent = `${said.join(", ") || "no settings"} · scope ${shown.scope}`;
  const go = (change) => act.go(changed(shown.query, { ...change, at: null }));
  const options = (values, chosen) =>
    values.map((value) => element("option", { value, selected: value === chosen }, value || "(none)"));
  const field = (name, input, text, isChanged) =>
    element(
      "label", {},
      element("span", { class: isChanged ? "changed" : null }, name), input,
      element("span", { class: "text", title: text.replaceAll("`", "") }, coded(text)),
    );
  const given = new URLSearchParams(shown.query);
  const without = Object.fromEntries(choices.settings.map(({ name }) => [name, null]));
  const presets = choices.presets.length
    ? field(
        "preset",
        element(
          "select", { id: "preset", onchange: (event) => go({ preset: event.target.value, set: without }) },
          options(["", ...choices.presets.map(({ name }) => name)], given.get("preset") || ""),
        ),
        choices.presets.find(({ name }) => name === given.get("preset"))?.text || "a named choice of settings",
      )
    : null;
  const noBounds = Object.fromEntries(Object.keys(shown.bounds).map((name) => [name, null]));
  const scope = field(
    "scope",
    element(
      "select", { id: "scope", onchange: (event) => go({ scope: event.target.value, bounds: noBounds }) },
      options(choices.scopes, shown.scope),
    ),
    "how many of everything there are",
  );
  const settings = choices.settings.map(({ name, values, text }) =>
    field(
      name,
      element(
        "select", { id: `set-${name}`, onchange: (event) => go({ set: { [name]: event.target.value } }) },
        options(values, shown.settings[name]),
      ),
      text,
      name in shown.changed,
    ),
  );
  const bounds = Object.entries(shown.bounds).map(([name, value]) =>
    field(
      name,
      element("input", {
        type: "number", min: 0, id: `bound-${name}`, value,
        onchange: (event) => go({ bounds: { [name]: event.target.value } }),
      }),
      "",
    ),
  );
  const starts = shown.initials > 1
    ? field(
        "initial state",
        element(
          "select", { onchange: (event) => go({ start: Number(event.target.value), path: [] }) },
          Array.from({ length: shown.initials }, (_, i) => element("option", { value: i, selected: i === shown.start }, i + 1)),
        ),
        "",
      )
    : null;
  const focused = document.activeElement?.id;
  fill("settings", presets, scope, starts, settings, bounds);
  if (focused && byId("settings").contains(byId(focused))) byId(focused).focus();
}

// --- the behaviour

function showBehaviour(shown, act) {
  const row = (number, label, classes, title) =>
    element(
      "li", { class: classes },
      element(
        "button",
        {
          type: "button", title, onclick: () => act.seek(number),
          "aria-current": number === shown.at ? "step" : null,
        },
        element("span", { class: "number" }, String(number)),
        element("span", { class: "label" }, label),
      ),
    );
  const apart = shown.other ? shown.other.common + 1 : Infinity;
  const place = (number) =>
    [number === shown.at ? "here" : number > shown.at ? "later" : "", number >= apart ? "apart" : ""].join(" ").trim();
  fill(
    "steps",
    row(0, "initial state", place(0), ""),
    shown.steps.map((step, index) => row(index + 1, step.label, place(index + 1), step.text)),
    shown.rest.map((label) => element("li", { class: "gone" }, element("span", { class: "label" }, label))),
  );
  byId("steps").querySelector(".here")?.scrollIntoView({ block: "nearest" });
  fill(
    "tools",
    button("Undo", act.undo, { id: "undo", disabled: shown.at === 0, title: "u" }),
    button("←", () => act.seek(shown.at - 1), { "aria-label": "one step back", disabled: shown.at === 0 }),
    button("→", () => act.seek(shown.at + 1), {
      "aria-label": "one step on", disabled: shown.at >= shown.steps.length,
    }),
    button("Restart", () => act.go(beginning(shown.query)), { disabled: !shown.steps.length && !shown.rest.length }),
    button("Keep to compare", act.keep, { id: "keep", title: "p" }),
    button("Copy the URL", act.copy, { id: "copy" }),
    button("?", () => byId("help").showModal(), { "aria-label": "keys", id: "keys" }),
  );
  fill("stopped", shown.stop ? stopped(shown, act) : null);
}

function stopped(shown, act) {
  const stop = shown.stop;
  return element(
    "div", { class: "message" },
    element("p", {}, `Under these settings step ${stop.step + 1}, `, element("span", { class: "label" }, stop.label),
      `, is not possible: ${stop.why}.`),
    stop.guard ? guard(stop) : null,
    button("Forget the rest", () =>
      act.go(changed(shown.query, { path: shown.steps.map((step) => step.path), at: null }))),
  );
}

function guard(said) {
  return element(
    "div", {},
    element("code", { class: "guard" }, `require(${said.guard})`), " ",
    element("span", { class: "faint" }, said.line),
    said.facts.map((fact) => element("code", { class: "change" }, fact)),
    said.more ? element("span", { class: "faint" }, `and ${said.more} more`) : null,
    said.off
      ? element("span", { class: "faint" }, said.set.length ? ` never, with ${said.set.join(", ")}` : " never, in this scope")
      : null,
  );
}

// What the page is, and what to ask it first: while nothing has been done.
function showQuestions(shown, choices, act) {
  const begun = shown.steps.length || shown.rest.length || shown.other;
  byId("intro").hidden = Boolean(begun);
  if (begun) return;
  fill(
    "questions",
    choices.questions.map(({ text, query, goal }) => element("li", {}, button(text, () => act.ask(query, goal)))),
  );
  byId("ask").hidden = !choices.questions.length;
}

function showPicture(shown) {
  const drawing = byId("drawing");
  drawing.replaceChildren(picture(shown.picture));
  drawing.scrollTop = drawing.scrollHeight;
  if (drawing.scrollHeight <= drawing.clientHeight) byId("picture").scrollTop = byId("picture").scrollHeight;
  fill("state", shown.state.map(([place, text]) =>
    element("tr", {}, element("td", { class: "place" }, place), element("td", { class: "place" }, text))));
}

// --- what can happen

function showEnabled(shown, act) {
  const rows = shown.enabled.map((step) =>
    element(
      "li", { class: step.next ? "next" : null },
      element(
        "button",
        { type: "button", "data-path": step.path, onclick: () => act.take(step.path) },
        element("span", { class: "label" }, step.label), step.next ? " (the behaviour's next)" : "",
        element("span", { class: "text" }, coded(step.text)),
        changes(step.changes),
        step.mistake ? element("span", { class: "violated" }, `a mistake of the model: ${step.mistake}`) : null,
      ),
    ),
  );
  fill("enabled", rows.length ? rows : element("li", {}, "Nothing can happen here."));
}

function showDisabled(shown, act) {
  byId("cannot").querySelector("summary").textContent =
    `What cannot, and which guard stops it (${shown.disabled.length})`;
  fill(
    "disabled",
    shown.disabled.map((step) =>
      element(
        "li", {},
        element("span", { class: "label" }, step.label),
        step.of > 1 ? element("span", { class: "faint" }, ` the nearest of ${step.of}`) : null,
        guard(step),
        step.off
          ? null
          : button("Find a way", () => act.search(step.name), { "aria-label": `Find a way to ${step.name}` }),
      ),
    ),
  );
}

// --- what should hold

function showProperties(shown, act) {
  const word = ({ kind, holds, constant }) => {
    if (constant) return ["decided by the settings", "faint"];
    if (kind === "reachable") return holds ? ["reached here", "holds"] : ["not yet", "open"];
    return holds ? ["holds here", "holds"] : ["violated here", "violated"];
  };
  fill(
    "search-tools",
    button("Nearest violation from here", () => act.search("any"), { id: "nearest", title: "n" }),
    button("Cancel the search", act.cancel, { id: "cancel", hidden: true, title: "Esc" }),
  );
  fill(
    "properties",
    shown.properties.map((property) => {
      const [said, style] = word(property);
      const seen = property.holds === (property.kind === "reachable");
      return element(
        "li", {},
        element("span", { class: "label" }, property.name), " ", element("span", { class: style }, said),
        element("span", { class: "text faint" }, " ", coded(property.text)),
        property.facts.map((fact) => element("code", { class: "change" }, fact)),
        seen || property.constant
          ? null
          : finder(property, act),
      );
    }),
  );
}

function finder({ kind, name }, act) {
  const said = kind === "reachable" ? "Find an example" : "Find a violation";
  return button(said, () => act.search(name), { "aria-label": `${said} of ${name}` });
}

// --- two behaviours

function showComparison(shown, act) {
  const other = shown.other;
  if (!other) return fill("comparison");
  const end = other.steps.length;
  const set = Object.entries(other.changed).map(([name, value]) => `${name}=${value}`).join(", ") || "the defaults";
  const told = (name) => (name ? `violates ${name}` : "violates nothing");
  fill(
    "comparison",
    element("h2", {}, "Compared with the one kept"),
    element("p", {}, `Kept: ${counted(end)} under ${set}, scope ${other.scope}; it ${told(other.violated[1])} at its end. `,
      `This one: ${counted(shown.steps.length)}; it ${told(other.violated[0])}. `,
      other.common === end && end === shown.steps.length
        ? "They take the same steps."
        : `They agree for ${counted(other.common)}${other.common < end ? `; then the kept one has ${other.steps[other.common]}` : ""}.`),
    element("p", { class: "tools" },
      button("Show the kept one", act.swap, { id: "swap" }),
      button("Forget it", () => act.go(changed(shown.query, { other: null })))),
    other.different.length
      ? element("table", {},
          element("thead", {}, element("tr", {}, ["at the end", "here", "kept"].map((t) => element("th", { scope: "col" }, t)))),
          element("tbody", {}, other.different.map((row) =>
            element("tr", {}, row.map((text) => element("td", { class: "place" }, text))))))
      : element("p", {}, "Their last states are alike."),
  );
}
