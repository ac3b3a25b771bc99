// The left pane: who to be, and which direct link to open.

import { avatar, fill, h, icon, reconcile } from "./dom.js";
import { brief, lang, t } from "./i18n.js";
import { attempt } from "./notice.js";
import { act, addVisitor, changed, choose, state } from "./store.js";

const visitors = h("ul", { class: "visitors" });
const links = h("ul", { class: "links" });
const form = h("form", { class: "new-visitor", hidden: true });
const paste = h("form", { class: "paste" });
let drawnFor = "";

/** Draws the pane; lists keep their elements. */
export function drawSide() {
  const { data } = state;
  if (!data) return;
  const pane = document.getElementById("side");
  if (drawnFor !== t("visitors")) frame(pane);
  reconcile(visitors, data.visitors.map((visitor) => ({ key: visitor.psid, sig: signature(visitor), make: () => row(visitor) })));
  const offered = data.offers.links;
  reconcile(links, offered.map((link) => ({ key: link.url, sig: JSON.stringify([link, lang()]), make: () => entry(link) })));
}

function frame(pane) {
  drawnFor = t("visitors");
  visitors.textContent = "";
  links.textContent = "";
  drawForm();
  drawPaste();
  fill(
    pane,
    h(
      "section",
      { "aria-labelledby": "visitors-title" },
      h(
        "div",
        { class: "section-head" },
        h("h2", { id: "visitors-title" }, t("visitors")),
        h("button", { class: "quiet small", id: "new-visitor", onclick: toggleForm }, icon("plus"), t("new_visitor")),
      ),
      h("p", { class: "hint" }, t("visitor_hint")),
      form,
      visitors,
    ),
    h(
      "section",
      { "aria-labelledby": "links-title" },
      h("div", { class: "section-head" }, h("h2", { id: "links-title" }, t("ways_in"))),
      h("p", { class: "hint" }, t("ways_hint")),
      links,
      paste,
    ),
  );
}

function signature(visitor) {
  return JSON.stringify([visitor, visitor.psid === state.psid, new Date().toDateString()]);
}

function row(visitor) {
  const mine = visitor.preview_side === "visitor";
  const words = visitor.typing ? "…" : visitor.preview ? `${mine ? `${t("you")}: ` : ""}${visitor.preview}` : t("not_started");
  return h(
    "li",
    {},
    h(
      "button",
      {
        class: visitor.unread > 0 ? "visitor fresh" : "visitor",
        "aria-current": visitor.psid === state.psid ? "true" : null,
        "data-psid": visitor.psid,
        onclick: () => choose(visitor.psid),
      },
      avatar(visitor.picture, visitor.name, "l"),
      h(
        "span",
        { class: "visitor-words" },
        h(
          "span",
          { class: "visitor-name" },
          h("span", { class: "clip" }, visitor.name),
          h("span", { class: "locale", title: visitor.locale }, visitor.locale.slice(0, 2).toUpperCase()),
        ),
        h(
          "span",
          { class: "visitor-last" },
          h("span", { class: "clip" }, words),
          visitor.last_at && h("span", { class: "when" }, ` · ${brief(visitor.last_at, state.data.now)}`),
        ),
      ),
      visitor.unread > 0 && h("span", { class: "dot", role: "img", "aria-label": `${visitor.unread} ${t("unread")}` }),
    ),
  );
}

function entry(link) {
  return h(
    "li",
    {},
    h(
      "button",
      { class: "link", "data-url": link.url, onclick: () => open(link.url) },
      h("span", { class: "link-sign" }, icon("link")),
      h(
        "span",
        { class: "link-words" },
        h("span", { class: "link-title" }, link.title),
        h("span", { class: "link-note" }, link.note[lang()]),
        h("span", { class: "link-url" }, link.url.replace("https://", "")),
      ),
    ),
  );
}

async function open(url) {
  await attempt(() => act({ act: "open", url }));
  state.pane = "chat";
  changed();
}

function drawPaste() {
  const field = h("input", { type: "text", id: "paste-link", name: "url", placeholder: "https://m.me/…?ref=…", autocomplete: "off", spellcheck: "false" });
  fill(
    paste,
    h("label", { for: "paste-link" }, t("paste")),
    h("div", { class: "paste-row" }, field, h("button", { class: "button small" }, t("open"))),
  );
  paste.onsubmit = async (event) => {
    event.preventDefault();
    if (!field.value.trim()) return;
    await open(field.value);
    field.value = "";
  };
}

function toggleForm() {
  form.hidden = !form.hidden;
  if (!form.hidden) form.querySelector("input").focus();
}

function drawForm() {
  const field = (name, required) =>
    h("label", {}, t(name), h("input", { name, required, maxlength: "40", autocomplete: "off" }));
  fill(
    form,
    h("div", { class: "two" }, field("first_name", true), field("last_name", false)),
    h(
      "label",
      {},
      t("speaks"),
      h("select", { name: "locale" }, h("option", { value: "fr_FR" }, "Français"), h("option", { value: "en_US" }, "English")),
    ),
    h(
      "div",
      { class: "form-foot" },
      h("button", { type: "button", class: "quiet small", onclick: toggleForm }, t("cancel")),
      h("button", { class: "button small" }, t("create")),
    ),
  );
  form.onsubmit = async (event) => {
    event.preventDefault();
    const person = Object.fromEntries(new FormData(form));
    await attempt(() => addVisitor(person));
    form.reset();
    form.hidden = true;
  };
}
