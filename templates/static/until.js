// A page that jobs make outdated says what they do, and is read again once one has ended: #writing has the address of
// the WebSocket ([data-until]), that of what it says ([data-state]), and a mark that is another one when that is so.
"use strict";
const showPage = (html) => {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const { id } of document.querySelectorAll("#main details[id][open]")) fresh.getElementById(id)?.setAttribute("open", "");
  // The menu has counts of what was decided on.
  for (const id of ["menu", "main"]) {
    const part = document.getElementById(id), other = fresh.getElementById(id);
    if (part && other) Idiomorph.morph(part, other.innerHTML, { morphStyle: "innerHTML" });
  }
  document.dispatchEvent(new Event("shown"));
};
(() => {
  const READ_WITHIN = 30_000, AGAIN = 3000, BUSY = 300, PAUSE = 1000; // milliseconds
  let watched, connection, looking, isAsked;

  const state = () => document.getElementById("writing");
  // What somebody has just sent, or a dialog asks them, comes first.
  const isBusy = () => document.querySelector("#main[aria-busy], dialog[open]");
  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  const read = async (address) => {
    const asked = { credentials: "same-origin", signal: AbortSignal.timeout(READ_WITHIN) };
    const answer = await fetch(address, asked).catch(() => null);
    if (answer?.redirected) (await sign.loginEnded()) ? sign.askForLogin() : location.reload();
    return answer?.ok && !answer.redirected ? answer.text().catch(() => null) : null;
  };

  const look = async () => {
    const html = await read(state().dataset.state);
    while (isBusy()) await wait(BUSY);
    if (!html) return false;
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("writing");
    if (fresh.dataset.mark === state().dataset.mark) {
      Idiomorph.morph(state(), fresh.innerHTML, { morphStyle: "innerHTML" });
      return true;
    }
    const page = await read(location.href);
    while (isBusy()) await wait(BUSY);
    if (page) showPage(page);
    return Boolean(page);
  };

  // Once for all that comes meanwhile.
  const lookSoon = async () => {
    isAsked = true;
    if (looking) return;
    looking = true;
    while (isAsked && state()) {
      isAsked = false;
      if (!(await look())) isAsked = true;
      await wait(isAsked ? AGAIN : PAUSE);
    }
    looking = false;
  };

  const watch = () => {
    const path = state()?.dataset.until;
    if (path === watched) return;
    connection?.stop();
    [watched, connection] = [path, undefined];
    if (!path) return;
    connection = connectionOf({
      address: () => new URL(path, location.origin.replace(/^http/, "ws")),
      refresh: () => ({ type: "refresh" }),
      receive: ({ type }) => type !== "alive" && lookSoon(),
      waits: () => {},
      closed: (code) => code >= 4400, // who is logged out, or may see it no more, finds out at the next page
    });
  };
  document.addEventListener("shown", watch);
  watch();
})();
