// Selecting rows: <form data-bulk> with .bulk-box checkboxes, one [data-bulk-all], [data-bulk-count], [data-bulk-bar];
// the box [data-bulk-whole="how many"] selects what stands on other pages too.
"use strict";
for (const form of document.querySelectorAll("form[data-bulk]")) {
  const boxes = [...form.querySelectorAll(".bulk-box")];
  const all = form.querySelector("[data-bulk-all]");
  const whole = form.querySelector("[data-bulk-whole]");
  let last = null;

  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    for (const box of boxes) box.closest("tr")?.classList.toggle("is-selected", box.checked);
    for (const place of form.querySelectorAll("[data-bulk-count]")) place.textContent = whole?.checked ? whole.dataset.bulkWhole : chosen;
    for (const bar of form.querySelectorAll("[data-bulk-bar]")) bar.hidden = chosen === 0;
    if (all) { all.checked = chosen > 0 && chosen === boxes.length; all.indeterminate = chosen > 0 && chosen < boxes.length; }
  };

  whole?.addEventListener("change", show);
  all?.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; show(); });
  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      // Shift selects everything between the last box and this one.
      if (event.shiftKey && last) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = box;
      show();
    });
    box.addEventListener("change", show);
  }
  // "x" selects the row under the keyboard cursor.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("textarea, select, input:not([type=checkbox])")) return;
    if (localStorage.getItem("single-keys") === "off" || document.querySelector("dialog[open]")) return;
    form.querySelector("tr.is-current .bulk-box")?.click();
  });
  show();
}
