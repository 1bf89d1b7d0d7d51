// Dates and times in the visitor's own zone, in the formats in which the server writes them: data-local says which.
"use strict";
(() => {
  const zone = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  const { lang } = document.documentElement;
  const format = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, zone);
  const WRITTEN = {
    "": (at) => `${at.day} ${at.month} ${at.year}, ${at.hour}:${at.minute}`,
    seconds: (at) => `${at.day} ${at.month} ${at.year}, ${at.hour}:${at.minute}:${at.second}`,
    short: (at) => `${at.day} ${at.month}, ${at.hour}:${at.minute}`,
    time: (at) => `${at.hour}:${at.minute}:${at.second}`,
  };
  const text = ({ dateTime, dataset }) => {
    const parts = format.formatToParts(new Date(dateTime));
    const at = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
    const point = parts[parts.findIndex(({ type }) => type === "day") + 1].value.trimEnd(); // "1." in German
    return WRITTEN[dataset.local]({ ...at, day: at.day + point, month: at.month.slice(0, 3) });
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
