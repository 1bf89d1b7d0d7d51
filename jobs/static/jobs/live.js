// Live updates: a WebSocket for the element with [data-live]; what comes is rendered by the server already.
//
// A list (ul) gets rows, another element the parts of a card that changed. Each job carries a version; older ones are
// dropped, and what builds on a version that is not shown is asked for as a whole.
"use strict";
(() => {
  const place = document.querySelector("[data-live]");
  if (!place) return;
  const isList = place.tagName === "UL";
  const LOG_IN_AGAIN = 4401, PERMISSIONS_CHANGED = 4403, GONE = 4404;
  const { morph, read } = pageParts;
  let refreshing;
  let [version, mark] = (place.dataset.seen ?? "0.").split(".");

  // The element of this HTML, with what the page has already in place of its placeholders; null where something lacks.
  const filled = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    for (const empty of template.content.querySelectorAll("template[data-keep]")) {
      const kept = document.getElementById(empty.dataset.keep);
      if (!kept) return null;
      empty.replaceWith(kept.cloneNode(true));
    }
    return template.content.firstElementChild;
  };

  const updateCard = ({ job, html, base, parts }) => {
    if (html !== undefined) {
      if (job.version < Number(version)) return;
      morph(place, html, "innerHTML");
    } else {
      if (job.version <= Number(version)) return;
      if (base !== Number(version)) return connection.say({ type: "refresh" });
      for (const [id, part] of Object.entries(parts)) {
        const shown = document.getElementById(id), fresh = filled(part);
        if (!shown || !fresh) return connection.say({ type: "refresh" });
        morph(shown, fresh, "outerHTML");
      }
    }
    version = job.version;
    // What was said when it was started is not news any more.
    if (!["queued", "running"].includes(job.status)) document.querySelectorAll(".message.until-end").forEach((one) => one.remove());
  };

  const belongs = (job) =>
    (!place.dataset.status || place.dataset.status.split(" ").includes(job.status)) &&
    (!place.dataset.type || job.type === place.dataset.type);

  const updateRow = ({ job, html }) => {
    const row = document.getElementById(`row-${job.id}`);
    if (row && job.version < Number(row.dataset.version)) return;
    if (!belongs(job)) row?.remove();
    else if (row) morph(row, html.trim(), "outerHTML");
    else if (place.dataset.newest) {
      place.insertAdjacentHTML("afterbegin", html.trim());
      while (place.children.length > Number(place.dataset.most)) place.lastElementChild.remove();
    }
  };

  // Pages that show more than jobs (the home page) are read again: soon when a job begins or ends, else now and then.
  const statuses = new Map();
  const refresh = (job) => {
    if (!document.querySelector("[data-refresh]")) return;
    const wait = job && statuses.get(job.id) === job.status ? 5000 : 1000;
    if (job) statuses.set(job.id, job.status);
    if (refreshing?.wait <= wait) return;
    clearTimeout(refreshing?.timer);
    const timer = setTimeout(() => {
      refreshing = null;
      read();
    }, wait);
    refreshing = { wait, timer };
  };

  document.addEventListener("outdated", () => refresh());

  // That everything is paused is said at the top of the page, with a button that only the page itself can have.
  let pauseHeard; // on this connection; the page may show another one until it is read
  const heardOfPause = (pause) => {
    const shown = document.getElementById("pause");
    if (!shown || pause === undefined || pause === (pauseHeard ?? shown.dataset.pause)) return;
    pauseHeard = pause;
    read("#pause");
  };

  const receive = (message) => {
    if (message.type === "snapshot" && isList) {
      const rows = message.jobs.slice(0, Number(place.dataset.most)).map((entry) => entry.html);
      morph(place, rows.join(""), "innerHTML");
      message.jobs.forEach(({ job }) => statuses.set(job.id, job.status));
      refresh();
    } else if (message.html !== undefined || message.parts) {
      if (isList) updateRow(message);
      else updateCard(message);
      refresh(message.job);
    }
    heardOfPause(message.pause);
    document.dispatchEvent(new Event("updated"));
  };

  // The connection

  const seen = () => (isList ? "" : `${version}.${mark}`);
  const address = () => {
    const url = new URL(place.dataset.live, location.origin.replace(/^http/, "ws"));
    url.searchParams.set("as", "html");
    url.searchParams.set("lang", document.documentElement.lang);
    if (!isList) url.searchParams.set("seen", seen());
    return url;
  };

  const closed = async (code, wasHeard) => {
    pauseHeard = undefined;
    if (code === PERMISSIONS_CHANGED) mark = "";
    if (code === GONE) location.reload();
    const isLogin = code === LOG_IN_AGAIN || (!wasHeard && (await endedLogin()));
    if (isLogin) sign.askForLogin();
    return isLogin;
  };

  // A login that ended: the page's address then leads to the login, and so do all of its buttons.
  const endedLogin = async () => {
    const answer = await sign.head(location.href);
    if (answer?.status === 403 || answer?.status === 404) location.reload(); // it may no longer be seen, or is no more
    return answer?.type === "opaqueredirect";
  };

  const connection = connectionOf({
    address,
    closed,
    refresh: () => ({ type: "refresh", seen: seen() }),
    waits: sign.lost,
    receive: (message) => {
      sign.connected();
      receive(message);
    },
  });
})();
