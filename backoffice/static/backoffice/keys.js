// Single keys: "/" search, "?" overlay, "g" then a letter goes to a page, data-key presses its element, j/k/Enter walk a
// table of links. Never while typing, never with a modifier, and each person can switch them off (WCAG 2.1.4).
"use strict";
{
  const OFF = "single-keys";
  const off = () => localStorage.getItem(OFF) === "off";
  const typing = (target) => target.closest("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]");
  const usable = (element) => !element.disabled && element.getClientRects().length > 0;
  const find = (attribute, key) => [...document.querySelectorAll(`[${attribute}]`)].find((element) => element.getAttribute(attribute) === key && usable(element));
  let waitsForGo = 0;

  const label = (element) => {
    if (element.dataset.keyLabel) return element.dataset.keyLabel;
    const copy = element.cloneNode(true);
    for (const hint of copy.querySelectorAll("kbd, svg, .pill")) hint.remove();
    return copy.textContent.trim().replace(/\s+/g, " ");
  };

  const listed = () => {
    const keys = [["/", "Search"], ["?", "These keys"]];
    if (document.querySelector(".table--rows-link")) keys.push(["j", "Next row"], ["k", "Row before"], ["Enter", "Open the row"]);
    if (document.querySelector(".bulk-box")) keys.push(["x", "Select the row"]);
    for (const element of document.querySelectorAll("[data-key]")) if (usable(element)) keys.push([element.dataset.key, label(element)]);
    for (const link of document.querySelectorAll("[data-go]")) keys.push([`g ${link.dataset.go}`, label(link)]);
    return keys;
  };

  const overlay = () => {
    const dialog = document.getElementById("keys");
    if (!dialog) return;
    const list = dialog.querySelector("[data-keys-list]");
    list.replaceChildren(...listed().map(([key, words]) => {
      const line = document.createElement("div");
      const term = document.createElement("dt");
      for (const part of key.split(" ")) {
        const cap = document.createElement("kbd");
        cap.textContent = part;
        term.append(cap, " ");
      }
      const meaning = document.createElement("dd");
      meaning.textContent = words;
      line.append(term, meaning);
      return line;
    }));
    if (!dialog.open) dialog.showModal();
  };

  const walk = (step) => {
    const rows = [...document.querySelectorAll(".table--rows-link tbody tr")].filter((row) => row.querySelector(".row-link"));
    if (!rows.length) return false;
    const now = rows.findIndex((row) => row.classList.contains("is-current"));
    const next = rows[Math.max(0, Math.min(rows.length - 1, now + step))];
    rows[now]?.classList.remove("is-current");
    next.classList.add("is-current");
    next.querySelector(".row-link").focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    return true;
  };

  const press = (element) => {
    if (element.matches("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select")) element.focus();
    else element.click();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
    if (document.querySelector("dialog[open]") || off()) return;
    const handled = () => {
      if (waitsForGo > Date.now()) {
        waitsForGo = 0;
        const link = find("data-go", event.key);
        if (link) { link.click(); return true; }
      }
      const own = find("data-key", event.key);
      if (own) { press(own); return true; }
      if (event.key === "g") { waitsForGo = Date.now() + 1500; return true; }
      if (event.key === "/") { document.getElementById("topbar-search")?.focus(); return true; }
      if (event.key === "?") { overlay(); return true; }
      if (event.key === "j") return walk(1);
      if (event.key === "k") return walk(-1);
      return false;
    };
    if (handled()) event.preventDefault();
  });

  for (const box of document.querySelectorAll("[data-keys-off]")) {
    box.checked = off();
    box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "off" : "on"));
  }
  document.querySelector('[data-dialog="keys"]')?.addEventListener("click", overlay);
}
