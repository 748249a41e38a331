// The import wizard: dropping a file, asking anew when other columns are chosen, one submit per press. All of it works
// without this script too: a file field, a button, and a server that counts a form once.
"use strict";
{
  // --- A file dropped on the page ---
  for (const zone of document.querySelectorAll("[data-drop]")) {
    const input = zone.querySelector("input[type=file]");
    const words = zone.querySelector("[data-drop-words]");
    const before = words.textContent;

    const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
    const tell = () => {
      const file = input.files[0];
      zone.classList.toggle("has-file", Boolean(file));
      words.textContent = file ? `${file.name}, ${size(file.size)}` : before;
    };
    input.addEventListener("change", tell);
    tell();

    for (const name of ["dragenter", "dragover"]) {
      zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("is-over"); });
    }
    for (const name of ["dragleave", "dragend", "drop"]) {
      zone.addEventListener(name, () => zone.classList.remove("is-over"));
    }
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!event.dataTransfer.files.length) return;
      const one = new DataTransfer();
      one.items.add(event.dataTransfer.files[0]);
      input.files = one.files;
      tell();
    });
  }
  // A file that misses the zone must not replace the page.
  for (const name of ["dragover", "drop"]) {
    if (document.querySelector("[data-drop]")) document.addEventListener(name, (event) => event.preventDefault());
  }

  // --- Other columns, other questions ---
  const mapping = document.querySelector("form[data-mapping]");
  if (mapping) {
    let asked = 0;
    mapping.addEventListener("change", async (event) => {
      if (!event.target.closest(".choose-columns")) return;
      const turn = ++asked;
      const answers = new FormData(mapping);
      answers.set("action", "look");
      try {
        // Not mapping.action: the form has buttons of that name.
        const response = await fetch(location.pathname, { method: "POST", body: answers, redirect: "manual" });
        if (!response.ok) throw new Error(String(response.status));
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        if (turn !== asked) return; // a later choice is already being asked about
        const focused = document.activeElement?.id;
        for (const part of ["targets", "ignored", "questions"]) {
          const old = part === "targets" ? document.querySelector(".mapping-table") : document.getElementById(part);
          const now = part === "targets" ? page.querySelector(".mapping-table") : page.getElementById(part);
          if (old && now) old.replaceWith(now);
        }
        if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
      } catch {
        document.getElementById("look").focus(); // the button asks the same by loading the page
      }
    });
  }

  // --- One submit per press ---
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "yes";
      // Coming back to a page from the browser's memory must find a form that works.
      window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
    });
  }
}
