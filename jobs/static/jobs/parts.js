// Parts of a page that are read again with the page: [data-refresh], and what is to say the same as they
// ([data-refresh-too]): the counts of the menu.
"use strict";
const pageParts = (() => {
  const ALL = "[data-refresh], [data-refresh-too]";
  const READ_WITHIN = 30_000, READ_AGAIN = 4000; // milliseconds: for reading the page again; until that is tried again

  // What somebody opened, chose or is typing stays as it is.
  const keep = {
    ignoreActiveValue: true,
    callbacks: {
      // A form that somebody may be filling in, unless it gives way to something else; what counts the seconds itself.
      beforeNodeMorphed: (old, fresh) =>
        !(old.matches?.("form.start") && fresh.matches?.("form.start")) &&
        !(old.dataset?.since && old.dataset.since === fresh.dataset?.since),
      beforeAttributeUpdated: (name, node) => !(name === "open" && node.tagName === "DETAILS"),
    },
  };
  const morph = (node, html, style) => Idiomorph.morph(node, html, { morphStyle: style, ...keep });

  const pageNow = async () => {
    const answer = await fetch(location.href, { credentials: "same-origin", signal: AbortSignal.timeout(READ_WITHIN) });
    if (answer.status >= 500) throw new Error(`The server answered with ${answer.status}.`);
    if (answer.redirected && (await sign.loginEnded())) sign.askForLogin();
    return answer.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  };

  // By selector, numbers: of the read that was begun last, and of the one that is shown. Several may be under way, and
  // end in any order.
  const lastBegun = new Map(), lastShown = new Map();
  const read = async (selector = ALL) => {
    if (!document.querySelector(selector)) return;
    const number = (lastBegun.get(selector) ?? 0) + 1;
    lastBegun.set(selector, number);
    const isLast = () => lastBegun.get(selector) === number;
    let page;
    try {
      page = await pageNow();
    } catch {
      if (isLast()) setTimeout(() => isLast() && read(selector), READ_AGAIN);
      return;
    }
    if (!page || number < (lastShown.get(selector) ?? 0)) return;
    lastShown.set(selector, number);
    const parts = document.querySelectorAll(selector), fresh = page.querySelectorAll(selector);
    if (fresh.length === parts.length) parts.forEach((part, i) => morph(part, fresh[i], "outerHTML"));
    document.dispatchEvent(new Event("refreshed"));
  };

  return { morph, read };
})();
