// The map: store.js knows, side.js lists visitors and links, chat.js is the Messenger, desk.js the agent's desk.
// Everything redraws from the store after each change; reconcile() in dom.js keeps what stayed the same.

import { fill, h, icon } from "./dom.js";
import { lang, setLang, t } from "./i18n.js";
import { drawChat } from "./chat.js";
import { deskChanged, drawDesk } from "./desk.js";
import { drawSide } from "./side.js";
import { changed, currentVisitor, follow, refresh, state, watch } from "./store.js";

const root = document.documentElement;

function theme() {
  return root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

function setTheme(next) {
  root.dataset.theme = next;
  localStorage.setItem("causerie.theme", next);
  drawTop();
}

function drawTop() {
  const dark = theme() === "dark";
  fill(
    document.getElementById("top"),
    h("h1", { class: "brand" }, h("img", { src: "web/icon.svg", alt: "" }), "Causerie", h("span", { class: "tagline" }, t("tagline"))),
    h("div", { class: "grow" }),
    h("a", { class: "quiet docs", href: "/docs", target: "_blank", rel: "noopener" }, icon("book"), t("docs")),
    h(
      "button",
      {
        class: "quiet",
        "aria-label": t("language"),
        title: t("language"),
        onclick: () => {
          setLang(lang() === "fr" ? "en" : "fr");
          drawTop();
          changed();
        },
      },
      lang() === "fr" ? "EN" : "FR",
    ),
    h(
      "button",
      { class: "quiet", "aria-label": t("theme"), title: t("theme"), onclick: () => setTheme(dark ? "light" : "dark") },
      icon(dark ? "sun" : "moon"),
    ),
  );
}

const TABS = [
  ["side", "people", "tab_visitors"],
  ["chat", "chat", "tab_chat"],
  ["desk", "desk", "tab_desk"],
];

/** On small screens one pane at a time. */
function drawTabs() {
  document.getElementById("panes").dataset.pane = state.pane;
  const unread = currentVisitor()?.unread ?? 0;
  fill(
    document.getElementById("tabs"),
    TABS.map(([pane, sign, word]) =>
      h(
        "button",
        {
          "aria-current": state.pane === pane ? "page" : null,
          onclick: () => {
            state.pane = pane;
            changed();
          },
        },
        icon(sign),
        t(word),
        pane === "chat" && unread > 0 && state.pane !== "chat" && h("span", { class: "count" }, unread),
      ),
    ),
  );
}

const kept = localStorage.getItem("causerie.theme");
if (kept) root.dataset.theme = kept;
drawTop();
watch(drawTabs);
watch(drawSide);
watch(drawChat);
watch(drawDesk);
await refresh();
follow(() => {
  refresh();
  deskChanged();
});
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());
