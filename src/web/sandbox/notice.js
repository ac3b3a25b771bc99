// One line at the foot of the page for what went wrong; read out by screen readers.

import { h } from "./dom.js";
import { t } from "./i18n.js";

const box = h("div", { class: "notice", role: "alert", hidden: true });
let timer = 0;

export function notice(text) {
  if (!box.isConnected) document.body.append(box);
  box.textContent = text;
  box.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (box.hidden = true), 6000);
}

/** Runs an act and tells when it failed. */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    notice(`${t("failed")} ${error.message}`);
    return undefined;
  }
}
