// Small helps; every page works without them.
"use strict";
(() => {
  // Ask before what can't be taken back: a click on [data-confirm] goes on only after "Yes".
  const dialog = document.getElementById("confirm");
  // The server asks, with a page of its own, where the form does not say that somebody said yes.
  const sayYes = (form) => {
    const yes = Object.assign(document.createElement("input"), { type: "hidden", name: "confirmed", value: "yes" });
    form.append(yes);
    return yes;
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm]");
    if (!button) return;
    event.preventDefault();
    document.getElementById("confirm-text").textContent = button.dataset.confirm;
    // Sent with its form: by its name the server knows what was asked for. The page may have been updated meanwhile, so a
    // button with an address of its own is also kept by what it does.
    const form = button.form, address = button.getAttribute("formaction");
    dialog.returnValue = "no";
    dialog.onclose = () => {
      if (dialog.returnValue !== "yes") return;
      const yes = sayYes(form);
      if (!address || button.isConnected) form.requestSubmit(button);
      else {
        form.action = address;
        keepPlace(button);
        form.submit();
      }
      yes.remove();
    };
    dialog.showModal();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  // While somebody looks at the page: how the services are, soon again where an answer is to come ([data-awaited]).
  const AWAITED = 2000, LOAD_AGAIN = 10_000;
  const lookAgain = (look) => {
    let timer;
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(now, document.querySelector("[data-awaited]") ? AWAITED : LOAD_AGAIN);
    };
    const now = async () => {
      if (!document.hidden) await look();
      later();
    };
    document.addEventListener("visibilitychange", now);
    return { now, later };
  };

  // Parts that may be slow come after the page.
  const load = async (part) => {
    const answer = await fetch(part.dataset.load, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const html = await answer.text();
    // What is the same isn't read out again.
    const before = part.querySelector(".overall-head")?.textContent;
    if (html !== part.dataset.loaded) part.innerHTML = html;
    part.dataset.loaded = html;
    // What needs somebody is another than the page says below.
    if (part.querySelector(".overall-head")?.textContent !== before) document.dispatchEvent(new Event("outdated"));
  };
  for (const part of document.querySelectorAll("[data-load]")) {
    if (part.dataset.asking) part.textContent = part.dataset.asking;
    const { now } = lookAgain(() => load(part));
    document.addEventListener("refreshed", now);
    now();
  }
  // Others are read with their page.
  if (document.querySelector("[data-again]")) lookAgain(() => pageParts.read()).later();

  // Durations of what is under way go on counting between two updates.
  const said = (seconds) => {
    const hours = Math.floor(seconds / 3600), minutes = Math.floor((seconds % 3600) / 60);
    if (hours) return `${hours} h ${minutes} min`;
    return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
  };
  const tick = () => {
    for (const element of document.querySelectorAll("[data-since]")) {
      const seconds = Math.round((Date.now() - Date.parse(element.dataset.since)) / 1000);
      element.textContent = said(Math.max(0, seconds));
    }
  };
  setInterval(tick, 1000);
  document.addEventListener("updated", tick);
})();
