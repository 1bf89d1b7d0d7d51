// Light or dark: as the system has it, until somebody chooses. The key is the admin's own, so both agree.
// In the head and not deferred: the page must not flash in the other colours first.
"use strict";
(() => {
  const root = document.documentElement;
  const stored = localStorage.getItem("theme") || "auto";
  root.dataset.theme = stored;
  const isDark = () =>
    root.dataset.theme === "dark" ||
    (root.dataset.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    root.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  });
})();
