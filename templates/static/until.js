// A page that a job is about to make outdated is read again once that has ended: [data-until] has the WebSocket of the job.
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
  const READ_WITHIN = 30_000, AGAIN = 3000, BUSY = 300; // milliseconds
  const ACTIVE = ["queued", "running"];
  let watched, connection;

  // What somebody has just sent, or a dialog asks them, comes first.
  const isBusy = () => document.querySelector("#main[aria-busy], dialog[open]");
  const readAgain = async (ended) => {
    if (ended !== watched) return;
    if (isBusy()) return setTimeout(readAgain, BUSY, ended);
    const asked = { credentials: "same-origin", signal: AbortSignal.timeout(READ_WITHIN) };
    const answer = await fetch(location.href, asked).catch(() => null);
    const html = answer?.ok && (await answer.text().catch(() => null));
    if (!html) return setTimeout(readAgain, AGAIN, ended);
    if (answer.redirected) return location.reload();
    if (isBusy()) return setTimeout(readAgain, BUSY, ended);
    if (ended === watched) showPage(html);
  };

  const watch = () => {
    const path = document.querySelector("[data-until]")?.dataset.until;
    if (path === watched) return;
    connection?.stop();
    [watched, connection] = [path, undefined];
    if (!path) return;
    const mine = (connection = connectionOf({
      address: () => new URL(path, location.origin.replace(/^http/, "ws")),
      refresh: () => ({ type: "refresh" }),
      receive: ({ job }) => {
        if (!job || ACTIVE.includes(job.status)) return;
        mine.stop();
        readAgain(path);
      },
      waits: () => {},
      closed: (code) => code >= 4400, // who is logged out, or may see it no more, finds out at the next page
    }));
  };
  document.addEventListener("shown", watch);
  watch();
})();
