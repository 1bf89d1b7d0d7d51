// Keys, and decisions without a new page. Without this module the same buttons send the same form.
const main = document.getElementById("main");
let busy = false;

const items = () => [...main.querySelectorAll("[data-item]")];
const chosen = () => document.activeElement?.closest("[data-item]");

const choose = (item) => {
  if (!item) return;
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
};

const step = (by) => {
  const all = items();
  const place = all.indexOf(chosen());
  choose(all[place < 0 ? 0 : Math.min(Math.max(place + by, 0), all.length - 1)]);
};

// What is decided on goes, and the next one takes its place: so does the focus.
const show = (html, place) => {
  showPage(html);
  const all = items();
  if (place >= 0) choose(all[Math.min(place, all.length - 1)]);
};

const send = async (form, button) => {
  const place = items().indexOf(chosen());
  const body = new URLSearchParams(new FormData(form, button));
  busy = true;
  main.setAttribute("aria-busy", "true");
  const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" }).catch(() => null);
  const html = await answer?.text().catch(() => null);
  busy = false;
  main.removeAttribute("aria-busy");
  // Another page, such as the login or an error, is shown as what it is; it may be that nothing was done.
  if (!answer?.ok || !html || new URL(answer.url).pathname !== location.pathname) return location.reload();
  history.replaceState(null, "", answer.url);
  show(html, place);
};

document.addEventListener("submit", (event) => {
  if (event.target.id !== "decide" || !event.submitter || event.defaultPrevented) return;
  event.preventDefault();
  if (!busy) send(event.target, event.submitter);
});

const press = (key) => {
  const within = key === "u" ? main : chosen();
  within?.querySelector(`[data-key="${key}"]`)?.click();
};

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input:not([type=hidden]), select, textarea, dialog");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (["a", "r", "e", "u"].includes(event.key)) press(event.key);
  else if (event.key === "?") document.getElementById("keys").showModal();
  else return;
  event.preventDefault();
});

const ready = () => {
  for (const button of main.querySelectorAll("[data-keys]")) {
    button.hidden = false;
    button.onclick = () => document.getElementById("keys").showModal();
  }
};
document.addEventListener("shown", ready);
ready();
