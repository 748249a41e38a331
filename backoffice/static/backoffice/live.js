// Regions that stay up to date: <div data-live="address" data-live-every="2000">. The server answers with the region's
// HTML; "X-Live: done" ends the polling, "X-Live: reload" loads the page once more because more than the region changed.
"use strict";
{
  const openDetails = (region) => [...region.querySelectorAll("details[open][id]")].map((details) => details.id);

  const replace = (region, html) => {
    const opened = openDetails(region);
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    region.innerHTML = html;
    for (const id of opened) { const details = document.getElementById(id); if (details) details.open = true; }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  };

  const say = (region, words) => {
    let note = region.nextElementSibling;
    if (!note?.matches("[data-live-note]")) {
      note = document.createElement("p");
      note.dataset.liveNote = "";
      note.className = "muted small";
      note.setAttribute("role", "status");
      region.after(note);
    }
    note.textContent = words;
  };

  for (const region of document.querySelectorAll("[data-live]")) {
    const every = Number(region.dataset.liveEvery) || 2000;
    let misses = 0;

    const look = async () => {
      // A hidden tab asks for nothing; it catches up when it is seen again.
      if (document.hidden) { document.addEventListener("visibilitychange", look, { once: true }); return; }
      try {
        const answer = await fetch(region.dataset.live, { headers: { "X-Requested-With": "fetch" }, redirect: "manual" });
        if (!answer.ok) throw new Error(String(answer.status || "signed out"));
        const state = answer.headers.get("X-Live");
        if (state === "reload") { location.reload(); return; }
        replace(region, await answer.text());
        if (misses) say(region, "");
        misses = 0;
        if (state === "done") return;
      } catch (problem) {
        misses += 1;
        say(region, problem.message === "signed out" ? "You are signed out. Reload the page to go on watching." : "The server does not answer. What you see may be old; trying again.");
      }
      setTimeout(look, Math.min(every * 2 ** misses, 30000));
    };
    setTimeout(look, every);
  }
}
