// Dates and times in the visitor's own zone: data-local is the format, in Django's letters, in which the server wrote them.
"use strict";
(() => {
  const { lang } = document.documentElement;
  const parts = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  const format = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, parts);
  const LETTERS = { D: "weekday", j: "day", M: "month", Y: "year", H: "hour", i: "minute", s: "second" };
  const text = ({ dateTime, dataset, textContent }) => {
    if (!/^[DjMYHis\W]+$/.test(dataset.local)) return textContent; // other letters, of a project with other formats
    const at = Object.fromEntries(format.formatToParts(new Date(dateTime)).map(({ type, value }) => [type, value]));
    const short = { ...at, weekday: at.weekday.replace(".", ""), month: at.month.slice(0, 3) };
    return dataset.local.replace(/[DjMYHis]/g, (letter) => short[LETTERS[letter]]);
  };
  const localise = () => {
    for (const element of document.querySelectorAll("time[data-local]")) {
      const said = text(element);
      if (element.textContent !== said) element.textContent = said;
    }
  };
  localise();
  const main = document.getElementById("main");
  if (main) new MutationObserver(localise).observe(main, { childList: true, subtree: true, characterData: true });
})();
