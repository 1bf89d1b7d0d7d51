// The place on a page. After a button the same page comes again: it stays where it was, and the focus is on what was
// pressed, else on what that stood in; or on what is wrong. (Without this, buttons lead to an anchor.)
"use strict";
const keepPlace = (() => {
  const KEY = "place", LASTS = 60_000; // milliseconds
  const TAKES_FOCUS = "a[href], button, input, select, textarea, [tabindex]";

  const attribute = (control, name) => `[${name}="${CSS.escape(control.getAttribute(name))}"]`;
  const selectorOf = (control) => {
    if (control.id) return `#${CSS.escape(control.id)}`;
    const known = ["name", "value", "formaction"].filter((name) => control.hasAttribute(name));
    const own = control.localName + known.map((name) => attribute(control, name)).join("");
    return known.length || !control.form?.hasAttribute("action") ? own : `form${attribute(control.form, "action")} ${own}`;
  };
  const around = (control) => {
    const ids = [];
    for (let one = control.parentElement; one; one = one.parentElement) if (one.id) ids.push(`#${CSS.escape(one.id)}`);
    return ids;
  };

  const keep = (control) => {
    const places = [selectorOf(control), ...around(control)];
    sessionStorage.setItem(KEY, JSON.stringify({ path: location.pathname, at: Date.now(), y: scrollY, places }));
  };
  // After all others, who may do something else in place of sending it.
  addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method === "dialog") return;
    keep(event.submitter ?? document.activeElement);
  });

  const focus = (element) => {
    if (!element.matches(TAKES_FOCUS)) element.tabIndex = -1;
    element.focus({ preventScroll: true });
    return document.activeElement === element;
  };
  const restore = ({ y, places }) => {
    // Else the browser would go on to the anchor.
    if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
    const wrong = document.querySelector("#main [role=alert]");
    if (wrong) return focus(wrong) && wrong.scrollIntoView({ block: "nearest", behavior: "instant" });
    places.map((selector) => document.querySelector(selector)).filter(Boolean).some(focus);
    scrollTo({ top: y, behavior: "instant" });
    document.querySelector(".messages")?.classList.add("in-view");
  };

  const kept = JSON.parse(sessionStorage.getItem(KEY));
  sessionStorage.removeItem(KEY);
  if (kept?.path === location.pathname && Date.now() - kept.at < LASTS) restore(kept);

  return keep;
})();
