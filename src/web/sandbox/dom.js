// Elements from data. Text always becomes text nodes: nothing a visitor, a flow or an agent writes can become markup.

const SVG = "http://www.w3.org/2000/svg";

/** h("button", { class: "pill", onclick: f, "aria-label": "Send" }, "text", node, …); null and false children are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in PROPERTIES) element[key] = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

const PROPERTIES = { value: 1, disabled: 1, checked: 1, textContent: 1 };

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Replaces everything inside. */
export function fill(element, ...children) {
  element.textContent = "";
  append(element, children);
  return element;
}

/**
 * Makes the children of `parent` those of `wanted`, in order, keeping the ones that did not change.
 * wanted: [{ key, sig, make }]; an element is made anew when `sig` differs.
 */
export function reconcile(parent, wanted) {
  const old = new Map();
  for (const child of [...parent.children]) old.set(child.wantedKey, child);
  let cursor = parent.firstElementChild;
  for (const { key, sig, make } of wanted) {
    let element = old.get(key);
    old.delete(key);
    if (!element || element.wantedSig !== sig) {
      const fresh = make(Boolean(element));
      fresh.wantedKey = key;
      fresh.wantedSig = sig;
      if (element) {
        if (cursor === element) cursor = fresh;
        element.replaceWith(fresh);
      }
      element = fresh;
    }
    if (element === cursor) cursor = cursor.nextElementSibling;
    else parent.insertBefore(element, cursor);
  }
  for (const gone of old.values()) gone.remove();
}

/**
 * Keeps a scroller at its end while its content grows, as pictures load or lines arrive, unless the reader has
 * scrolled up. Gives a function that goes to the end.
 */
export function pinToEnd(scroller, content) {
  let pinned = true;
  const toEnd = () => scroller.scrollTo({ top: scroller.scrollHeight });
  let top = 0;
  const scrolled = () => {
    const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
    // Content that grew before this event came is no reader's scrolling: only upwards is.
    if (atEnd) pinned = true;
    else if (scroller.scrollTop < top) pinned = false;
    top = scroller.scrollTop;
  };
  scroller.addEventListener("scroll", scrolled, { passive: true });
  const watcher = new ResizeObserver(() => pinned && toEnd());
  watcher.observe(content);
  watcher.observe(scroller);
  return () => {
    pinned = true;
    toEnd();
  };
}

const PATHS = {
  send: "M3 11.5 20.500 3.500 15 20.500l-3.500-7z",
  like: "M7 10.500v9.500H3.500v-9.500zM9 20V10l4-7c1.700 0 2.500 1.200 2.200 2.800L14.500 9H19c1.400 0 2.300 1.200 2 2.500l-1.500 6.500c-.3 1.200-1.200 2-2.500 2z",
  image: "M4 5h16v14H4zM4 16l4.500-4.500L12 15l3.500-3.500L20 16M9 9.500h.01",
  menu: "M4 7h16M4 12h16M4 17h16",
  plus: "M12 5v14M5 12h14",
  more: "M5.500 12h.01M12 12h.01M18.500 12h.01",
  left: "M14.500 6 8.500 12l6 6",
  right: "M9.500 6l6 6-6 6",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700L12 17",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600 7 7M17 17l1.400 1.400M18.400 5.600 17 7M7 17l-1.400 1.400",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  people: "M8.500 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2 19.500c0-3.500 3-5.500 6.500-5.500s6.500 2 6.500 5.500M16 5a3.500 3.500 0 0 1 0 6.500M18 14.500c2.400.6 4 2.300 4 5",
  chat: "M12 4c-5 0-9 3.300-9 7.500 0 2.400 1.300 4.500 3.300 5.900V21l3.400-1.900c.7.1 1.500.2 2.300.2 5 0 9-3.300 9-7.500S17 4 12 4z",
  desk: "M4 13a8 8 0 0 1 16 0M4 13v4a2 2 0 0 0 2 2h1v-6H4zM20 13v4a2 2 0 0 1-2 2h-1v-6h3z",
  check: "M5 12.500l4.500 4.500L19 7.500",
  ticket: "M4 8a2 2 0 0 0 2-2h12a2 2 0 0 0 2 2v2.500a1.500 1.500 0 0 0 0 3V16a2 2 0 0 0-2 2H6a2 2 0 0 0-2-2v-2.500a1.500 1.500 0 0 0 0-3zM13.500 6.500v11",
  note: "M5 4h14v10l-5 6H5zM14 20v-6h5M8.500 9h7M8.500 12.500h4",
  out: "M14 4h5v16h-5M4 12h11M11 8l4 4-4 4",
  close: "M6 6l12 12M18 6 6 18",
  bot: "M6 9h12v9H6zM12 9V5M12 5h.01M9.500 13h.01M14.500 13h.01M3.500 12.500v3M20.500 12.500v3",
  inbox: "M4 13 7 5h10l3 8v6H4zM4 13h4.500l1.500 3h4l1.500-3H20",
  smile: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM9 10h.01M15 10h.01M8.500 14c.8 1.300 2 2 3.500 2s2.700-.7 3.500-2",
  book: "M5 4h10a4 4 0 0 1 4 4v12H9a4 4 0 0 1-4-4zM5 16a4 4 0 0 1 4-4h10",
};

/** A line icon; decorative, so hidden from screen readers: the button around it has the label. */
export function icon(name, filled = false) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", filled ? "icon filled" : "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name] || "");
  svg.append(path);
  return svg;
}

/** A round picture. */
export function avatar(url, name, size = "m") {
  return h("img", { class: `avatar ${size}`, src: url, alt: "", title: name, loading: "lazy", draggable: "false" });
}

/** http(s) addresses only; anything else is no link. */
export function safeUrl(text) {
  try {
    const url = new URL(text, location.href);
    // Messenger shows media from its own copies. The demo's shop has no site, so its pictures lie here.
    if (url.hostname === "maisonlumen.example" && url.pathname.startsWith("/pictures/")) {
      return `${location.origin}/sandbox/web${url.pathname.replace(/\.\w+$/, ".svg")}`;
    }
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
