// Live updates: a WebSocket for the element with [data-live]; what comes is rendered by the server already.
//
// A list (ul) gets rows, another element the whole card. Each job carries a version; older ones are dropped.
// The server speaks at least every 15 s; silence means a dead connection. After each reconnect a snapshot comes.
"use strict";
(() => {
  const place = document.querySelector("[data-live]");
  const sign = document.getElementById("live");
  if (!place) return;
  const isList = place.tagName === "UL";
  const SILENCE = 40_000, LONGEST_WAIT = 10_000, WORD = { live: "Live", waiting: "Reconnecting…" }, LOG_IN_AGAIN = 4401;
  let wait = 250, deadline, refreshing;

  const show = (state) => {
    sign.hidden = false;
    sign.className = `live ${state}`;
    sign.textContent = WORD[state];
  };

  // What somebody opened, chose or is typing stays as it is.
  const keep = {
    ignoreActiveValue: true,
    callbacks: {
      // A form that somebody may be filling in, unless it gives way to something else.
      beforeNodeMorphed: (old, fresh) => !(old.matches?.("form.start") && fresh.matches?.("form.start")),
      beforeAttributeUpdated: (name, node) => !(name === "open" && node.tagName === "DETAILS"),
    },
  };
  const morph = (node, html, style) => Idiomorph.morph(node, html, { morphStyle: style, ...keep });

  const versionOf = (id) => {
    const shown = place.querySelector(`[data-id="${id}"]`);
    return shown ? Number(shown.dataset.version) : 0;
  };
  const belongs = (job) =>
    (!place.dataset.status || place.dataset.status.split(" ").includes(job.status)) &&
    (!place.dataset.type || job.type === place.dataset.type);

  const updateRow = ({ job, html }) => {
    const row = document.getElementById(`row-${job.id}`);
    if (!belongs(job)) row?.remove();
    else if (row) morph(row, html.trim(), "outerHTML");
    else if (place.dataset.newest) {
      place.insertAdjacentHTML("afterbegin", html.trim());
      while (place.children.length > Number(place.dataset.most)) place.lastElementChild.remove();
    }
  };

  // Pages that show more than jobs (the home page) are read again when a job changed.
  const refresh = () => {
    const parts = document.querySelectorAll("[data-refresh]");
    if (!parts.length || refreshing) return;
    refreshing = setTimeout(async () => {
      refreshing = null;
      const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
      if (!answer?.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelectorAll("[data-refresh]");
      if (fresh.length === parts.length) parts.forEach((part, i) => morph(part, fresh[i].innerHTML, "innerHTML"));
      document.dispatchEvent(new Event("refreshed"));
    }, 1000);
  };

  const receive = (message) => {
    if (message.type === "snapshot" && isList) {
      const rows = message.jobs.slice(0, Number(place.dataset.most)).map((entry) => entry.html);
      morph(place, rows.join(""), "innerHTML");
    } else if (message.job) {
      // A snapshot may repeat the version that is shown, an update never does.
      if (message.job.version < versionOf(message.job.id)) return;
      if (isList) updateRow(message);
      else morph(place, message.html, "innerHTML");
    }
    if (message.type === "snapshot" || message.type === "job") refresh();
  };

  // A login that ended: the page's address then leads to the login, and so do all of its buttons.
  const isLoggedOut = async () => {
    const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" }).catch(() => null);
    if (answer?.status === 403) location.reload(); // the permission to see this page was taken away
    return answer?.type === "opaqueredirect";
  };
  const askForLogin = () => {
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = "Log in again";
    sign.replaceChildren("You are logged out. ", link);
  };

  const connect = () => {
    const socket = new WebSocket(location.origin.replace(/^http/, "ws") + place.dataset.live);
    const listen = () => {
      clearTimeout(deadline);
      deadline = setTimeout(() => socket.close(), SILENCE);
    };
    listen();
    socket.onmessage = ({ data }) => {
      listen();
      wait = 250;
      show("live");
      receive(JSON.parse(data));
    };
    socket.onclose = async ({ code }) => {
      clearTimeout(deadline);
      show("waiting");
      if (code === LOG_IN_AGAIN || (await isLoggedOut())) return askForLogin();
      // Not all pages at once after a restart.
      setTimeout(connect, wait * (0.5 + Math.random()));
      wait = Math.min(LONGEST_WAIT, wait * 2);
    };
  };
  connect();
})();
