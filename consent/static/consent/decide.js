// The decision form: what it would write is asked again when a choice changes; Ctrl+Enter sends it; a file that was just
// handed over starts to download. Everything works without this file as well.
"use strict";
document.documentElement.classList.add("has-script");
for (const form of document.querySelectorAll("form[data-decide]")) {
  const place = form.querySelector("[data-outlook]");
  let asked = 0;
  let timer = 0;

  const ask = async () => {
    const number = ++asked;
    const body = new FormData(form);
    body.delete("proof");
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body, redirect: "manual" });
      const html = answer.ok ? await answer.text() : "";
      // Only the latest question counts.
      if (number === asked) place.innerHTML = html;
    } catch { /* the server checks again when the form is sent */ }
  };

  if (form.dataset.preview) {
    const matters = new Set(["decision", "scope", "whose", "voids", "reference", "day", "hour", "wording", "channel"]);
    form.addEventListener("change", (event) => {
      if (!matters.has(event.target.name)) return;
      clearTimeout(timer);
      timer = setTimeout(ask, 120);
    });
    // A draft that came back may have changed the choice.
    if (form.querySelector("[name=decision]:checked")?.value !== "align") ask();
  }

  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-submit]"));
    }
  });
  // A decision's own key leads on to its reason, also when it is chosen already. Whoever walks through the choices
  // with the arrow keys stays among them.
  form.addEventListener("click", (event) => {
    if (event.target.name !== "decision" || document.activeElement?.name === "decision") return;
    form.querySelector(`[name=reason_${event.target.value}]`)?.focus();
  });
}
document.querySelector("[data-autodownload]")?.click();
// The way back is offered for half a minute; after that it is on the decision's own page.
for (const undo of document.querySelectorAll(".toast [data-undo]")) setTimeout(() => undo.closest(".toast")?.remove(), 30000);
