// Menus, toasts, dialogs, copying: what every page of the frame has. Works by data attributes; no page-specific code.
"use strict";
{
  const TOAST_SECONDS = 8;

  const dismiss = (toast) => toast.remove();

  // Good news leaves by itself; a warning, an error or a toast with something to press stays until it is dismissed.
  for (const toast of document.querySelectorAll(".toast")) {
    const stays = toast.matches(".toast--warning, .toast--error") || toast.querySelector("a, form, button:not([data-dismiss])");
    if (stays) continue;
    let timer = setTimeout(dismiss, TOAST_SECONDS * 1000, toast);
    toast.addEventListener("pointerenter", () => clearTimeout(timer));
    toast.addEventListener("focusin", () => clearTimeout(timer));
    toast.addEventListener("pointerleave", () => { timer = setTimeout(dismiss, TOAST_SECONDS * 1000, toast); });
  }

  /** Ask with the frame's own dialog; resolves to true when the person goes on. */
  const ask = (words) => new Promise((answer) => {
    const dialog = document.getElementById("confirm");
    if (!dialog) { answer(window.confirm(words)); return; }
    dialog.querySelector("[data-confirm-text]").textContent = words;
    const yes = dialog.querySelector("[data-confirm-yes]");
    let said = false;
    const agree = () => { said = true; dialog.close(); };
    yes.addEventListener("click", agree, { once: true });
    dialog.addEventListener("close", () => { yes.removeEventListener("click", agree); answer(said); }, { once: true });
    dialog.showModal();
    yes.focus();
  });

  document.addEventListener("click", async (event) => {
    const pressed = event.target.closest("[data-dismiss], [data-dialog], [data-close], [data-copy], [data-confirm], [data-print]");
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    if (!pressed) return;
    if (pressed.dataset.dismiss !== undefined) dismiss(pressed.closest(".toast"));
    if (pressed.dataset.dialog) document.getElementById(pressed.dataset.dialog)?.showModal();
    if (pressed.dataset.close !== undefined) pressed.closest("dialog")?.close();
    if (pressed.dataset.print !== undefined) window.print();
    if (pressed.dataset.copy !== undefined) {
      await navigator.clipboard.writeText(pressed.dataset.copy);
      const before = pressed.textContent;
      pressed.textContent = "Copied";
      setTimeout(() => { pressed.textContent = before; }, 1500);
    }
    if (pressed.dataset.confirm && !pressed.dataset.confirmed) {
      event.preventDefault();
      if (!(await ask(pressed.dataset.confirm))) return;
      pressed.dataset.confirmed = "yes";
      pressed.click();
      delete pressed.dataset.confirmed;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    if (location.hash === "#rail") location.hash = "content-start";
  });

  // The admin's own lists become cards on phones: each cell learns its column's name.
  const heads = [...document.querySelectorAll("#result_list thead th")].map((head) => head.querySelector(".text")?.textContent.trim() ?? "");
  for (const row of document.querySelectorAll("#result_list tbody tr")) {
    [...row.children].forEach((cell, column) => { if (heads[column]) cell.dataset.label = heads[column]; });
  }

  // Whoever sent a form that came back goes on at the first field in question.
  [...document.querySelectorAll(".has-error:has(.field__error) :is(input, select, textarea)")].find((field) => field.checkVisibility())?.focus();

  // What scrolls sideways must be reachable without a mouse.
  const reachable = () => {
    for (const wide of document.querySelectorAll(".table-wrap, .results, .side-by-side, .tabs")) {
      if (wide.scrollWidth > wide.clientWidth + 1 && !wide.querySelector("a, button, input, select, textarea")) wide.tabIndex = 0;
    }
  };
  reachable();
  addEventListener("resize", reachable);

  // On a phone filters start folded, so that the list is on the first screen.
  if (window.matchMedia("(max-width: 860px)").matches) {
    for (const filter of document.querySelectorAll("#changelist-filter details:not(:has(.selected:not(:first-child)))")) filter.open = false;
    for (const box of document.querySelectorAll(".filter-box")) box.open = false;
  }

  // A search that came by POST: going back or reloading asks for the page again instead of sending the form again.
  if (document.querySelector("[data-same-by-get]")) history.replaceState(null, "", location.pathname);
}
