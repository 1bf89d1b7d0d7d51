// Dates and times in the visitor's own zone, in the format in which the server wrote them.
const text = (at) => {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-GB", {
      day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    }).formatToParts(at).map(({ type, value }) => [type, value]),
  );
  return `${parts.day} ${parts.month.slice(0, 3)} ${parts.year}, ${parts.hour}:${parts.minute}`;
};

const localise = () => {
  for (const element of document.querySelectorAll("time[data-local]")) {
    const said = text(new Date(element.dateTime));
    if (element.textContent !== said) element.textContent = said;
  }
};

localise();
new MutationObserver(localise).observe(document.getElementById("main"), { childList: true, subtree: true });
