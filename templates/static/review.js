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
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("main");
  const open = [...main.querySelectorAll("details[id][open]")].map((part) => part.id);
  for (const id of open) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  Idiomorph.morph(main, fresh, { morphStyle: "innerHTML", ignoreActiveValue: true });
  ready();
  if (place < 0) return;
  const all = items();
  choose(all[Math.min(place, all.length - 1)]);
};

const send = async (form, button) => {
  const place = items().indexOf(chosen());
  busy = true;
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form, button)), credentials: "same-origin",
    });
    // Somebody else's page, such as the login or an error of a proxy, is shown as what it is.
    if (!answer.ok || new URL(answer.url).pathname !== location.pathname) return location.reload();
    history.replaceState(null, "", answer.url);
    show(await answer.text(), place);
  } catch {
    button.dataset.plain = "yes";
    form.requestSubmit(button);
  } finally {
    busy = false;
    main.removeAttribute("aria-busy");
  }
};

document.addEventListener("submit", (event) => {
  if (event.target.id !== "decide" || !event.submitter || event.defaultPrevented) return;
  if (event.submitter.dataset.plain) return;
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
ready();
