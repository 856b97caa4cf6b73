// Makes the pages live; without it they still work.
"use strict";

// The link that root was told ends in #TOKEN: hand it in, and take it out of the address.
const login = document.getElementById("login");
if (login && location.hash.length > 20) {
  login.elements.token.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  login.submit();
}

// Parts of the page come as HTML in a stream. Only elements that differ are put in, so that the place
// of the reader, the keyboard's focus and what was opened stay.
function put(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const before = [...old.children], after = [...fresh.children];
  const alike = (one, other) => one.tagName === other.tagName && one.id === other.id;
  if (before.length && before.length === after.length && before.every((child, i) => alike(child, after[i])) && sameText(old, fresh)) {
    for (const { name, value } of [...fresh.attributes]) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    before.forEach((child, i) => put(child, after[i]));
    return;
  }
  for (const opened of [old, ...old.querySelectorAll("details")]) {
    const same = opened.open && opened.id && (opened.id === fresh.id ? fresh : fresh.querySelector("#" + CSS.escape(opened.id)));
    if (same) same.open = true;
  }
  old.replaceWith(fresh);
}

function sameText(one, other) {
  const own = (element) => [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join();
  return own(one) === own(other);
}

function tick() {
  for (const clock of document.querySelectorAll(".clock[data-since]")) {
    const seconds = Math.max(0, Math.round(Date.now() / 1000 + ahead - clock.dataset.since));
    const minutes = Math.floor(seconds / 60);
    const text = seconds < 60 ? `${seconds} s` : minutes < 60
      ? `${minutes} min${seconds % 60 ? ` ${seconds % 60} s` : ""}` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    if (clock.textContent !== text) clock.textContent = text;
  }
}

let ahead = 0;
const live = document.getElementById("live");
if (live) {
  const offline = document.getElementById("offline");
  let wait = 500;
  const follow = () => {
    const stream = new EventSource(live.dataset.stream);
    stream.addEventListener("open", () => { offline.hidden = true; wait = 500; });
    stream.addEventListener("clock", (event) => { ahead = Number(event.data) - Date.now() / 1000; });
    stream.addEventListener("parts", (event) => {
      const parser = new DOMParser();
      for (const [id, html] of Object.entries(JSON.parse(event.data))) {
        const fresh = parser.parseFromString(html, "text/html").getElementById(id);
        put(document.getElementById(id), document.adoptNode(fresh));
        if (id === "headline") document.title = document.getElementById(id).dataset.short + live.dataset.title;
      }
      tick();
    });
    // A browser gives up for good when the answer is no stream: the session is over, or nobody listens.
    stream.addEventListener("error", () => {
      offline.hidden = false;
      if (stream.readyState !== EventSource.CLOSED) return;
      fetch(live.dataset.stream.replace(/stream$/, "login")).then(() => location.reload(), () => {
        setTimeout(follow, wait = Math.min(wait * 2, 5000));
      });
    });
  };
  follow();
  setInterval(tick, 1000);
}

// Answers are checked by the server while they are typed.
const setup = document.getElementById("setup");
if (setup && setup.dataset.check) {
  let timer = 0, asked = 0;
  const touched = new Set();
  const check = async () => {
    const number = ++asked;
    const answer = await fetch(setup.dataset.check, { method: "POST", body: new URLSearchParams(new FormData(setup)) });
    if (!answer.ok || number !== asked) return;
    const found = await answer.json();
    for (const field of setup.querySelectorAll("[data-key]")) {
      const key = field.dataset.key, { problem, basic, shown, value } = found[key];
      if (basic && !field.closest("#basic")) document.getElementById("basic").append(field);
      field.hidden = !shown;
      if (touched.has(key)) {
        const line = document.getElementById("problem-" + key);
        if (line.textContent !== problem) line.textContent = problem;
        for (const input of field.querySelectorAll("input")) {
          if (problem) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
        }
      } else {
        for (const input of field.querySelectorAll("input:not([type=radio])")) input.value = value;
      }
    }
  };
  setup.addEventListener("input", (event) => {
    const field = event.target.closest("[data-key]");
    if (field) touched.add(field.dataset.key);
    clearTimeout(timer);
    timer = setTimeout(() => check().catch(() => {}), 300);
  });
}

// What takes seconds is fetched after the page.
const later = document.querySelector("[data-load]");
if (later) {
  later.replaceChildren(Object.assign(document.createElement("p"), { className: "card muted", textContent: "Looking at this machine. It takes some seconds and changes nothing." }));
  fetch(later.dataset.load).then((answer) => answer.text()).then((html) => {
    later.replaceChildren(...new DOMParser().parseFromString(html, "text/html").getElementById(later.id).childNodes);
  }).catch(() => { later.firstElementChild.textContent = "This cannot be shown now."; });
}

// A form that was sent is not sent twice.
document.addEventListener("submit", (event) => {
  setTimeout(() => { for (const button of event.target.querySelectorAll("button")) button.disabled = true; });
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
