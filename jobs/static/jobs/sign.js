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

  const head = (address) => {
    const signal = AbortSignal.timeout(ANSWERED_WITHIN);
    const asked = { method: "HEAD", credentials: "same-origin", redirect: "manual", cache: "no-store", signal };
    return fetch(address, asked).catch(() => null);
  };

  // Without one every address leads to the login.
  const loginEnded = async () => {
    const answer = await head(element.dataset.probe);
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
    head,
    loginEnded,
    lost: () => isLoginAsked || say("waiting", element.dataset.lost),
  };
})();
