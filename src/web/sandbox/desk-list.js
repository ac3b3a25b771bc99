// The inbox: what waits, what is mine, everything open.

import { session } from "./desk-api.js";
import { desk, disc, show } from "./desk.js";
import { avatar, fill, h, icon, reconcile } from "./dom.js";
import { brief, lang, t } from "./i18n.js";

const TABS = ["waiting", "mine", "all"];
const tabs = h("div", { class: "desk-tabs", role: "tablist" });
const list = h("ul", { class: "inbox" });
const none = h("p", { class: "empty" });

export function drawList(body) {
  if (list.parentNode !== body) fill(body, tabs, list, none);
  const sig = JSON.stringify([desk.tab, lang()]);
  if (tabs.sig !== sig) {
    tabs.sig = sig;
    fill(tabs, TABS.map((tab) => h("button", { role: "tab", "aria-selected": String(desk.tab === tab), onclick: () => show({ tab, list: [] }) }, t(tab))));
  }
  reconcile(list, desk.list.map((one) => ({ key: one.id, sig: JSON.stringify([one, lang(), desk.colleagues.get(one.owner.agent)?.name]), make: () => row(one) })));
  none.hidden = desk.list.length > 0;
  none.textContent = t(`none_${desk.tab}`);
}

function row(one) {
  const name = one.contact.name ?? t("anonymous");
  return h(
    "li",
    {},
    h(
      "button",
      { class: "visitor", "data-conversation": one.id, onclick: () => show({ open: one.id }) },
      face(one.contact),
      h(
        "span",
        { class: "visitor-words" },
        h("span", { class: "visitor-name" }, h("span", { class: "clip" }, name), badge(one)),
        h("span", { class: "visitor-last" }, h("span", { class: "clip" }, one.preview || "…"), h("span", { class: "when" }, ` · ${brief(one.last_activity_at, Date.now())}`)),
      ),
      icon("right"),
    ),
  );
}

/** The visitor's picture, or initials. */
export function face(contact) {
  return contact.picture_url ? avatar(contact.picture_url, contact.name ?? "", "m") : disc(contact.name ?? "?");
}

/** Who has the conversation. */
export function badge(one) {
  if (one.status === "closed") return h("span", { class: "badge closed" }, t("closed"));
  const { kind, agent } = one.owner;
  const colleague = agent && (agent === session?.user.id ? t("owner_me") : desk.colleagues.get(agent)?.name);
  return h("span", { class: `badge ${kind}` }, colleague || t(`owner_${kind}`));
}
