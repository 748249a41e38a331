// Words survive a lost session: <form data-draft="name"> keeps what is typed in this tab until the form has been sent and
// the server has answered with another page. Never files, never passwords, never hidden fields.
"use strict";
{
  // The draft goes when the next page is another one, or says that it is done: a login page in between must not lose it.
  const sent = sessionStorage.getItem("draft-sent");
  const again = sent && document.querySelector("form[data-draft]") && sent.startsWith(`draft:${location.pathname}:`);
  const done = !again || document.querySelector(".toast--success");
  if (sent && done && !document.body.classList.contains("login")) {
    sessionStorage.removeItem(sent);
    sessionStorage.removeItem("draft-sent");
  }
}
for (const form of document.querySelectorAll("form[data-draft]")) {
  const name = `draft:${location.pathname}:${form.dataset.draft}`;
  const fields = [...form.elements].filter((field) => field.name && !field.matches("[type=hidden], [type=file], [type=password], button, [type=submit]"));
  const chosen = (field) => field.matches("[type=checkbox], [type=radio]");

  try {
    const kept = JSON.parse(sessionStorage.getItem(name) ?? "{}");
    for (const field of fields) {
      const value = kept[chosen(field) ? `${field.name}=${field.value}` : field.name];
      if (value === undefined) continue;
      if (chosen(field)) field.checked = value;
      else if (!field.value) field.value = value;
    }
  } catch { sessionStorage.removeItem(name); }

  const keep = () => {
    const kept = {};
    for (const field of fields) kept[chosen(field) ? `${field.name}=${field.value}` : field.name] = chosen(field) ? field.checked : field.value;
    sessionStorage.setItem(name, JSON.stringify(kept));
  };
  form.addEventListener("input", keep);
  form.addEventListener("submit", () => sessionStorage.setItem("draft-sent", name));
}
