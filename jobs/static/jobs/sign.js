// The sign in the header: whether the page is live, and that its login has ended, wherever that was done.
"use strict";
const sign = (() => {
  const element = document.getElementById("live");
  const ANSWERED_WITHIN = 30_000; // milliseconds
  let isLoginAsked = false, isAsking = false;

  const say = (state, ...content) => {
    isLoginAsked = false;
    element.hidden = false;
    element.className = `live ${state}`;
    element.replaceChildren(...content);
  };

  const askForLogin = () => {
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = element.dataset.logIn;
    say("waiting", element.dataset.loggedOut, " ", link);
    isLoginAsked = true;
  };

  // Without one every address leads to the login.
  const loginEnded = async () => {
    const asked = { method: "HEAD", credentials: "same-origin", redirect: "manual", cache: "no-store" };
    const signal = AbortSignal.timeout(ANSWERED_WITHIN);
    const answer = await fetch(element.dataset.probe, { ...asked, signal }).catch(() => null);
    return answer && answer.type === "opaqueredirect";
  };

  // Of a page that is not live: when somebody comes back to it. (Of a live one the server ends the connection.)
  const check = async () => {
    if (document.hidden || isAsking) return;
    isAsking = true;
    const ended = await loginEnded();
    isAsking = false;
    if (ended) askForLogin();
    else if (ended === false && isLoginAsked) element.hidden = true;
  };
  if (element?.dataset.probe && !document.querySelector("[data-live]")) {
    document.addEventListener("visibilitychange", check);
    addEventListener("focus", check);
    addEventListener("pageshow", ({ persisted }) => persisted && check());
  }

  return {
    askForLogin,
    asksForLogin: () => isLoginAsked,
    connected: () => say("live", element.dataset.connected),
    loginEnded,
    lost: () => isLoginAsked || say("waiting", element.dataset.lost),
  };
})();
