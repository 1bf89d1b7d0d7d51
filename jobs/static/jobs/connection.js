// The connection of a page: a WebSocket, and how soon it is there again.
//
// A server that is away and a slow one look the same from here, and so do a quiet connection and one that ended without
// a word on the way. So a quiet one is asked whether it is there, and while it owes an answer the server is asked by a
// small request over a connection of its own: a probe. Once that is answered, a WebSocket that is still silent is
// replaced. None is opened before: browsers make a page wait for the next one after many that failed.
"use strict";
const connectionOf = (() => {
  const PROBE = document.currentScript.dataset.probe;
  // Milliseconds: of silence after which it is asked; without an answer, after which it is suspected: at least, at most,
  // and while it is being opened; that it still has once a probe was answered; until it is given up, rising, since a
  // busy server is slow; between two probes; for one of them, and for one at a time of a busy server; without a tick of
  // ours, after which the machine was suspended; between two that are refused, at most.
  const SILENCE = 800, LEAST = 400, MOST = 3000, OPENING = 1500, GRACE = 150, PATIENCE = 5000, MOST_PATIENCE = 20_000;
  const BETWEEN = 500, ANSWER = 2000, LONG_ANSWER = 20_000, SUSPENDED = 2000, MOST_BETWEEN = 10_000;

  // `address`: of the WebSocket; `refresh`: the frame that asks whether what is shown is right; `receive`: takes a
  // message; `waits`: is told that there is no answer; `closed`: takes the code, and whether it was ever open, and says
  // whether it is to stay closed until somebody looks at the page again.
  return ({ address, refresh, receive, waits, closed }) => {
    let socket, heardAt, askedAt, slowest, isOver, isReplaced, isBusyAsked, isStopped;
    let patience = PATIENCE, refusals = 0, notBefore = 0, nextProbe = 0, ticked = Date.now();

    const isOpen = () => socket?.readyState === WebSocket.OPEN;
    const suspectAfter = () => (isOpen() ? Math.min(MOST, Math.max(LEAST, 3 * (slowest ?? 0))) : OPENING);

    const say = (frame) => {
      if (!isOpen()) return;
      socket.send(JSON.stringify(frame));
      askedAt ??= Date.now();
    };

    const connect = () => {
      socket?.close(); // what it still says is not listened to
      const mine = (socket = new WebSocket(address()));
      let wasHeard = false;
      askedAt = Date.now();
      mine.onmessage = ({ data }) => {
        if (mine !== socket) return;
        heardAt = Date.now();
        if (wasHeard && askedAt) slowest = Math.max(0.9 * (slowest ?? 0), heardAt - askedAt);
        [wasHeard, askedAt, isReplaced, patience, refusals] = [true, null, false, PATIENCE, 0];
        receive(JSON.parse(data));
      };
      mine.onclose = async ({ code }) => {
        if (mine !== socket) return;
        leave();
        if (!wasHeard) notBefore = Date.now() + Math.min(MOST_BETWEEN, BETWEEN * 2 ** refusals++);
        isOver = await closed(code, wasHeard);
        if (!isOver && !socket) probe();
      };
    };

    const leave = () => {
      const old = socket;
      socket = askedAt = null;
      old.close();
      waits();
    };

    const probe = async () => {
      const sentAt = Date.now(), isLong = !isBusyAsked;
      nextProbe = sentAt + BETWEEN * (0.8 + 0.4 * Math.random()); // not all pages at once after a restart
      isBusyAsked = true;
      // Without cookies the browser takes none of the connections by which it loaded the page: they may be dead.
      const asked = { method: "HEAD", credentials: "omit", redirect: "manual", cache: "no-store" };
      const signal = AbortSignal.timeout(isLong ? LONG_ANSWER : ANSWER);
      const answer = await fetch(PROBE, { ...asked, signal }).catch(() => null);
      if (isLong) isBusyAsked = false;
      if (!answer || answer.status >= 500 || isOver) return;
      if (!socket && sentAt >= notBefore) connect();
      else if (socket && askedAt && askedAt < sentAt && !isReplaced) replaceIfSilent(socket, askedAt);
    };

    // Once: a server may be slow with WebSockets alone.
    const replaceIfSilent = (suspect, since) =>
      setTimeout(() => {
        if (suspect !== socket || since !== askedAt || isReplaced) return;
        isReplaced = true;
        connect();
      }, GRACE);

    // Somebody looks at the page again, or the network came back: is the connection there, and what is shown still right?
    const check = () => {
      if (document.hidden || isStopped) return;
      isOver = false;
      if (isOpen()) {
        askedAt = null;
        say(refresh());
      } else {
        if (socket?.readyState > WebSocket.OPEN) socket = null;
        probe();
      }
    };

    const tick = () => {
      const now = Date.now(), wasAway = now - ticked > SUSPENDED, owes = askedAt ? now - askedAt : 0;
      ticked = now;
      if (document.hidden || isOver) return;
      if (wasAway) return check();
      if (socket && owes > patience) {
        patience = Math.min(MOST_PATIENCE, patience * 1.5);
        isReplaced = false;
        leave();
      }
      if (owes > OPENING) waits();
      if (!socket || owes > suspectAfter()) {
        if (now > nextProbe) probe();
      } else if (isOpen() && !askedAt && now - heardAt > SILENCE) say({ type: "ping" });
    };

    for (const moment of ["visibilitychange", "resume"]) document.addEventListener(moment, check);
    for (const moment of ["online", "focus", "pageshow"])
      addEventListener(moment, (event) => (moment !== "pageshow" || event.persisted) && check());
    const timer = setInterval(tick, 100);
    // Nobody needs it any more.
    const stop = () => {
      clearInterval(timer);
      socket?.close();
      [isStopped, isOver, socket] = [true, true, null];
    };

    connect();
    return { say, stop };
  };
})();
