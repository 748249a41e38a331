// The check of a message while somebody types. The form works without it; here its answer comes by itself.
"use strict";
{
  const PAUSE = 250; // ms without a key before the text is sent
  const SLOW = 1500; // ms without an answer before that is said
  const GIVEN_UP = 12000;
  const AGAIN = 3000;
  const SPOKEN = 1200; // ms without news before a screen reader hears the result

  const form = document.querySelector("form[data-check]");
  const text = form.elements.body;
  const trouble = form.querySelector("[data-check-trouble]");
  const said = form.querySelector("[data-check-said]");
  let pause, retry, speech;
  let asked = 0; // the number of the latest question; only its answer is shown
  let running = null;

  const tell = (words) => { if (trouble.textContent !== words) trouble.textContent = words; };

  const speak = () => {
    clearTimeout(speech);
    speech = setTimeout(() => {
      const words = form.querySelector("#check-summary").textContent.replace(/\s+/g, " ").trim();
      if (said.textContent !== words) said.textContent = words;
    }, SPOKEN);
  };

  const show = (html) => {
    const answer = new DOMParser().parseFromString(html, "text/html");
    for (const id of ["check-summary", "check-result"]) {
      const there = document.getElementById(id);
      const opened = [...there.querySelectorAll("details")].map((details) => details.open);
      const scrolled = there.querySelector(".check__phone")?.scrollTop ?? 0;
      const focused = there.contains(document.activeElement) ? document.activeElement.value || document.activeElement.hash : "";
      there.replaceWith(answer.getElementById(id));
      const here = document.getElementById(id);
      here.querySelectorAll("details").forEach((details, place) => { details.open = opened[place] ?? false; });
      const phone = here.querySelector(".check__phone");
      if (phone) phone.scrollTop = scrolled;
      if (focused) [...here.querySelectorAll("button, a")].find((one) => (one.value || one.hash) === focused)?.focus({ preventScroll: true });
    }
  };

  const WORDS = {
    403: "The page is too old to be answered. Copy your text, then reload the page.",
    413: "The text is too long to be checked. Shorten it.",
    400: "The text is too long to be checked. Shorten it.",
    0: "You are signed out. Sign in in another tab, then type on.",
  };

  const ask = async () => {
    clearTimeout(pause);
    clearTimeout(retry);
    running?.abort();
    const mine = ++asked;
    const control = running = new AbortController();
    const slow = setTimeout(() => tell("The answer takes long; what is shown is older than the text."), SLOW);
    const stop = setTimeout(() => control.abort(), GIVEN_UP);
    let words = "";
    const typed = new FormData(form);
    for (const name of ["file", "rows"]) typed.delete(name); // the list is looked at on request
    try {
      const answer = await fetch(form.dataset.check, {
        method: "POST",
        body: typed,
        headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Requested-With": "fetch" },
        redirect: "manual",
        signal: control.signal,
      });
      if (answer.ok) {
        const html = await answer.text();
        if (mine !== asked) return;
        show(html);
        form.classList.remove("is-old");
        speak();
      } else if (answer.status in WORDS) {
        words = WORDS[answer.status];
      } else {
        throw new Error(String(answer.status));
      }
    } catch {
      if (mine !== asked) return;
      words = "The server does not answer. What is shown is older than the text; trying again.";
      retry = setTimeout(ask, AGAIN);
    } finally {
      clearTimeout(slow);
      clearTimeout(stop);
    }
    if (mine === asked) tell(words);
  };

  const changed = () => {
    form.classList.add("is-old");
    clearTimeout(pause);
    pause = setTimeout(ask, PAUSE);
  };

  form.addEventListener("input", (event) => { if (event.target.type !== "file") changed(); });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("formaction")) return; // a list and its files come as pages
    event.preventDefault();
    const instead = event.submitter?.dataset.text;
    if (instead !== undefined) {
      // As if it were typed, so that undo brings the old text back.
      text.focus();
      text.select();
      if (!document.execCommand("insertText", false, instead)) text.value = instead;
    }
    ask();
  });

  // The finding under the pointer, or with the focus in it, lights its words.
  const light = (event) => {
    const number = event.target.closest?.("[data-note]")?.dataset.note;
    for (const place of form.querySelectorAll(".place[data-notes]")) {
      place.classList.toggle("is-lit", number !== undefined && place.dataset.notes.split(" ").includes(number));
    }
  };
  form.addEventListener("pointerover", light);
  form.addEventListener("focusin", light);

  form.querySelector("[data-check-live]").hidden = false;
  // On a phone the answer stands right below the text.
  if (matchMedia("(max-width: 860px)").matches) {
    for (const part of form.querySelectorAll(".check__settings:not(:has(.has-error))")) part.open = false;
  }
}
