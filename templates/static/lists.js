// On a phone each row of one of the admin's lists is a card (admin.css): there its cells say the names of their columns,
// and the box that chooses all rows what it does.
const list = document.getElementById("result_list");
if (list) {
  const names = [...list.tHead.rows[0].cells].map((cell) => (cell.querySelector(".text") ?? cell).textContent.trim());
  for (const row of list.tBodies[0].rows) {
    [...row.cells].forEach((cell, at) => { if (!cell.matches("th, .action-checkbox")) cell.dataset.column = names[at]; });
  }
  const all = document.getElementById("action-toggle");
  if (all) all.closest("th").dataset.all = all.getAttribute("aria-label");
  list.classList.add("as-cards");
}
