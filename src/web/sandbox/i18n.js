// The page's own words in English and French. What people and flows say is never translated.

const WORDS = {
  en: {
    tagline: "Messenger sandbox",
    docs: "API docs",
    theme: "Switch between light and dark",
    language: "Passer au français",
    visitors: "Visitors",
    visitor_hint: "Chat as one of them. Each has a thread of their own with the page.",
    new_visitor: "New visitor",
    first_name: "First name",
    last_name: "Last name",
    speaks: "Language of the profile",
    create: "Add visitor",
    cancel: "Cancel",
    not_started: "Has not written yet",
    you: "You",
    ways_in: "Direct links",
    ways_hint: "Open one as the visitor you are, as from a poster or an ad.",
    paste: "Or paste any m.me link",
    open: "Open",
    pick: "Pick a visitor to start chatting",
    loading: "One moment…",
    lost: "The connection is gone. Trying again…",
    replies_at_once: "Typically replies instantly",
    get_started: "Get Started",
    by_link: "You came through a direct link",
    welcome_note: "When you tap Get Started, the page will see that you began a chat.",
    no_button: "This page has no Get Started button yet: write a message instead.",
    ask: "You can ask",
    message: "Aa",
    write_to: "Write a message to",
    send: "Send",
    send_like: "Send a thumbs-up",
    send_photo: "Send a photo",
    page_menu: "Menu of the page",
    more: "More",
    inbox_answer: "Answer from Meta's Page inbox",
    inbox_hint: "A person answers outside Causerie: the bot falls silent.",
    react: "React",
    today: "Today",
    yesterday: "Yesterday",
    sent: "Sent",
    delivered: "Delivered",
    seen: "Seen by the page",
    typing: "is typing",
    previous: "Previous card",
    next: "Next card",
    page_said: "said",
    unread: "unread",
    phone: "My phone number",
    email: "My e-mail address",
    tab_visitors: "Visitors",
    tab_chat: "Chat",
    tab_desk: "Agent desk",
    failed: "That did not work:",
    total: "Total",
    subtotal: "Subtotal",
    shipping: "Shipping",
    tax: "Tax",
    paid_with: "Paid with",
    picture: "Picture on Facebook",
    reveal: "Show the code",
    use_it: "Use it",
    order: "Order",
    file: "File",
    voice: "Voice message",
    video: "Video",
    coupon: "Code",
  },
  fr: {
    tagline: "Bac à sable Messenger",
    docs: "Doc. de l'API",
    theme: "Passer du clair au sombre",
    language: "Switch to English",
    visitors: "Visiteurs",
    visitor_hint: "Écrivez à leur place. Chacun a son fil avec la page.",
    new_visitor: "Nouveau visiteur",
    first_name: "Prénom",
    last_name: "Nom",
    speaks: "Langue du profil",
    create: "Ajouter",
    cancel: "Annuler",
    not_started: "N'a pas encore écrit",
    you: "Vous",
    ways_in: "Liens directs",
    ways_hint: "Ouvrez-en un en tant que visiteur, comme depuis une affiche ou une publicité.",
    paste: "Ou collez un lien m.me",
    open: "Ouvrir",
    pick: "Choisissez un visiteur pour commencer",
    loading: "Un instant…",
    lost: "La connexion est perdue. Nouvel essai…",
    replies_at_once: "Répond en général instantanément",
    get_started: "Démarrer",
    by_link: "Vous arrivez par un lien direct",
    welcome_note: "En appuyant sur Démarrer, la page verra que vous avez ouvert une discussion.",
    no_button: "Cette page n'a pas encore de bouton Démarrer : écrivez un message.",
    ask: "Vous pouvez demander",
    message: "Aa",
    write_to: "Écrire un message à",
    send: "Envoyer",
    send_like: "Envoyer un pouce",
    send_photo: "Envoyer une photo",
    page_menu: "Menu de la page",
    more: "Plus",
    inbox_answer: "Répondre depuis la boîte de la Page (Meta)",
    inbox_hint: "Une personne répond hors de Causerie : le robot se tait.",
    react: "Réagir",
    today: "Aujourd'hui",
    yesterday: "Hier",
    sent: "Envoyé",
    delivered: "Distribué",
    seen: "Vu par la page",
    typing: "écrit",
    previous: "Carte précédente",
    next: "Carte suivante",
    page_said: "a dit",
    unread: "non lus",
    phone: "Mon numéro de téléphone",
    email: "Mon adresse e-mail",
    tab_visitors: "Visiteurs",
    tab_chat: "Discussion",
    tab_desk: "Poste agent",
    failed: "Cela n'a pas marché :",
    total: "Total",
    subtotal: "Sous-total",
    shipping: "Livraison",
    tax: "Taxes",
    paid_with: "Payé par",
    picture: "Image sur Facebook",
    reveal: "Afficher le code",
    use_it: "En profiter",
    order: "Commande",
    file: "Fichier",
    voice: "Message vocal",
    video: "Vidéo",
    coupon: "Code",
  },
};

let language = localStorage.getItem("causerie.language") || (navigator.language.startsWith("fr") ? "fr" : "en");
if (!WORDS[language]) language = "en";

/** The word in the page's language. */
export function t(key) {
  return WORDS[language][key] ?? WORDS.en[key] ?? key;
}

export function lang() {
  return language;
}

export function setLang(next) {
  language = next;
  localStorage.setItem("causerie.language", next);
  document.documentElement.lang = next;
}

/** Adds the words of another part of the page. */
export function words(more) {
  for (const [key, dictionary] of Object.entries(more)) Object.assign(WORDS[key], dictionary);
}

const clockFormat = {};

/** "14:05" */
export function time(at) {
  clockFormat[language] ??= new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
  return clockFormat[language].format(new Date(at));
}

/** "Today 14:05", "Yesterday 9:12", "3 Nov 16:20". */
export function day(at, now) {
  const date = new Date(at);
  const start = (value) => new Date(value).setHours(0, 0, 0, 0);
  const days = Math.round((start(now) - start(at)) / 86400000);
  const name = days === 0 ? t("today") : days === 1 ? t("yesterday") : new Intl.DateTimeFormat(language, { day: "numeric", month: "short" }).format(date);
  return `${name} ${time(at)}`;
}

/** For lists: the time today, else the day. */
export function brief(at, now) {
  const today = new Date(at).toDateString() === new Date(now).toDateString();
  return today ? time(at) : new Intl.DateTimeFormat(language, { day: "numeric", month: "short" }).format(new Date(at));
}

document.documentElement.lang = language;
