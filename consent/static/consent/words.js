// Texts that are read while somebody types them. The pages work without it: the server reads them when they are sent.
"use strict";
for (const form of document.querySelectorAll("form[data-read]")) {
  const place = form.querySelector("[data-read-here]");
  let pause = 0;
  let asked = 0;

  const ask = async () => {
    const number = ++asked;
    try {
      const answer = await fetch(form.dataset.read, { method: "POST", body: new FormData(form), redirect: "manual" });
      // Only the latest question counts.
      if (number === asked && answer.ok) place.innerHTML = await answer.text();
    } catch { /* read again when the form is sent */ }
  };

  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(ask, 250);
  });
}
