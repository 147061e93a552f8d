// What a script adds to pages that work without one: pages that follow each other while the sound goes on, one player,
// a transcript that follows it, keys, and links and quotes to copy.

const bar = document.getElementById("player");
const audio = bar.querySelector("audio");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const ROOT = new URL("..", import.meta.url).pathname; // "/", or the folder of a site that we are served in
const PAGES = /^(?:|(?:search|episodes|podcasts|speakers|speaker|about|notes|docs)(?:\/.*)?)$/;

document.documentElement.classList.add("scripted");

// Memory, where the browser grants any.

const recall = (key) => { try { return localStorage.getItem(`playhead:${key}`); } catch { return null; } };
const remember = (key, value) => { try { localStorage.setItem(`playhead:${key}`, value); } catch { /* not granted */ } };

// The player.

let playing = null; // { episode, title, podcast, offset, source, chapters }
let wanted = null; // the second to go to once the length of the sound is known
let following = true;
let sentences = [];
let current = null;

function play({ episode, title, podcast, offset, source, second }) {
  if (playing?.source !== source || audio.error) {
    playing = { episode, title, podcast, offset, source, chapters: [] };
    wanted = null;
    audio.src = source;
    describe();
    fetchChapters(playing);
    second ??= Number(recall(`at:${episode}`)) || null;
  }
  if (second !== null) seek(second);
  following = true;
  bar.hidden = false;
  audio.play().catch(() => {}); // a browser may refuse to play by itself; its controls are there then
}

function seek(second) {
  if (audio.readyState) audio.currentTime = Math.max(0, second);
  else wanted = second; // some players forget a place they are given before they know how long the sound is
}

audio.addEventListener("loadedmetadata", () => {
  if (wanted !== null) audio.currentTime = Math.max(0, wanted);
  wanted = null;
});

let kept = 0;
audio.addEventListener("timeupdate", () => {
  if (!playing) return;
  if (Math.abs(audio.currentTime - kept) > 5 && audio.currentTime > 5) {
    kept = audio.currentTime;
    remember(`at:${playing.episode}`, Math.floor(kept));
  }
  follow();
});
audio.addEventListener("error", () => {
  if (!playing) return;
  const trouble = "This sound cannot be played: it is gone, or out of reach.";
  bar.querySelector(".facts").textContent = trouble;
  say(trouble);
});
audio.addEventListener("ended", () => remember(`at:${playing?.episode}`, 0));

function describe() {
  const link = bar.querySelector("a");
  link.textContent = playing.title;
  link.href = `${ROOT}episodes/${playing.episode}`;
  bar.querySelector(".facts").textContent = playing.podcast;
  if (!navigator.mediaSession) return;
  navigator.mediaSession.metadata = new MediaMetadata({ title: playing.title, artist: playing.podcast });
  const controls = {
    previoustrack: () => act.previous(), nexttrack: () => act.next(),
    seekbackward: () => act.back(), seekforward: () => act.on(), seekto: ({ seekTime }) => seek(seekTime),
  };
  for (const [name, handler] of Object.entries(controls)) navigator.mediaSession.setActionHandler(name, handler);
}

async function fetchChapters(of) {
  try {
    const answer = await fetch(`${ROOT}api/v1/episodes/${of.episode}/chapters`);
    if (answer.ok) of.chapters = (await answer.json()).chapters.filter((each) => each.start !== null);
  } catch { /* without chapters there is nothing to step through */ }
  if (of !== playing) return; // another episode was asked for meanwhile
  for (const name of ["previous", "next"]) bar.querySelector(`[data-do="${name}"]`).hidden = of.chapters.length < 2;
}

const starts = () => playing.chapters.map((chapter) => chapter.start + playing.offset);
const act = {
  back: () => seek(audio.currentTime - 15),
  on: () => seek(audio.currentTime + 30),
  // A chapter's beginning, and right after it that of the one before.
  previous: () => seek(starts().filter((start) => start < audio.currentTime - 3).at(-1) ?? 0),
  next: () => { const next = starts().find((start) => start > audio.currentTime + 1); if (next) seek(next); },
  follow: () => { following = true; current = null; follow(); },
  close: () => { audio.pause(); bar.hidden = true; unmark(); focusOn(document.getElementById("main")); },
};
bar.addEventListener("click", (event) => act[event.target.closest("[data-do]")?.dataset.do]?.());

const speed = bar.querySelector("select");
function keepSpeed() {
  audio.playbackRate = audio.defaultPlaybackRate = Number(speed.value);
  remember("speed", speed.value);
}
if ([...speed.options].some((option) => option.value === recall("speed"))) speed.value = recall("speed");
keepSpeed();
speed.addEventListener("change", keepSpeed);

// The transcript follows what is played, until the reader scrolls.

function unmark() {
  current?.classList.remove("now");
  current = null;
}

function follow() {
  const page = document.querySelector("article.episode");
  const heard = !bar.hidden && page?.dataset.episode === playing?.episode && sentences.length > 0;
  bar.querySelector('[data-do="follow"]').hidden = following || !heard;
  if (!heard) return;
  const now = audio.currentTime - playing.offset + 0.05;
  const strip = page.querySelector(".strip");
  strip?.querySelector(".played").setAttribute("width", Math.min(1000, Math.max(0, (1000 * now) / strip.dataset.seconds)));
  let low = 0;
  for (let high = sentences.length; low < high;) {
    const middle = (low + high) >> 1;
    if (Number(sentences[middle].dataset.start) <= now) low = middle + 1; else high = middle;
  }
  const said = sentences[low - 1] ?? null;
  if (said === current) return;
  unmark();
  current = said;
  said?.classList.add("now");
  if (following) said?.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
}

for (const moved of ["wheel", "touchmove"]) addEventListener(moved, () => { following = false; }, { passive: true });
addEventListener("mousedown", (event) => { if (event.clientX >= document.documentElement.clientWidth) following = false; }); // the scroll bar

const isInView = (element) => {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > document.querySelector(".top").offsetHeight && top < innerHeight - bar.offsetHeight;
};

// What a page gets when it is shown.

function placeOf(element) {
  const { audio: source, episode, title, podcast, offset } = element.dataset;
  const [bare, fragment] = source.split("#t=");
  return { source: bare, episode, title, podcast, offset: Number(offset), second: fragment ? parseFloat(fragment) : null };
}

function dress() {
  for (const wrapper of document.querySelectorAll("[data-audio]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "playing-button";
    button.textContent = wrapper.dataset.label;
    button.addEventListener("click", () => play(placeOf(wrapper)));
    wrapper.replaceChildren(button);
  }
  for (const button of document.querySelectorAll("main button.copy")) button.hidden = !navigator.clipboard;
  sentences = [...document.querySelectorAll(".transcript [data-start]")];
  current = null;
  follow();
}

// #t=95 in an address: the words that are said then, and the sound from there.
function cue() {
  document.querySelector(".cued")?.classList.remove("cued");
  const second = parseFloat(/^#t=(\d+(?:\.\d+)?)/.exec(location.hash)?.[1]);
  const said = sentences.findLast((sentence) => Number(sentence.dataset.start) <= second);
  if (!said) return null;
  said.classList.add("cued");
  const listen = document.querySelector(".episode [data-audio]");
  if (listen) listen.dataset.audio = `${listen.dataset.audio.split("#")[0]}#t=${second + Number(listen.dataset.offset)}`;
  return said;
}

// Where an address leads on its page. What is heard is followed on from there if it is in view, else it is not.
function land() {
  const target = cue() ?? document.getElementById(location.hash.slice(1)) ?? document.getElementById("marked");
  if (target) target.scrollIntoView({ block: target.matches("#marked, .cued") ? "center" : "start" });
  else scrollTo(0, 0);
  following = !current || (target ? isInView(current) : !document.querySelector(".hits"));
  if (following) current?.scrollIntoView({ block: "center" });
  follow();
}
addEventListener("hashchange", () => { if (cue()) land(); });

// Said to whoever does not see it.
const say = (words) => { document.getElementById("news").textContent = words; };

function frame(source, title) {
  const made = document.createElement("iframe");
  Object.assign(made, { src: source, title, width: "100%", height: "320", loading: "lazy" });
  return made.outerHTML;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (button) {
    const { copy, link, text, card, title } = button.dataset;
    const whole = (path) => new URL(path, location.href).href;
    await navigator.clipboard.writeText(
      copy ? document.getElementById(copy).value
        : link ? whole(link)
          : card ? frame(whole(card), title)
            : text,
    );
    say("Copied");
    button.dataset.label ??= button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = button.dataset.label; }, 2000);
    return;
  }
  const listen = document.querySelector(".episode [data-audio]");
  const strip = event.target.closest(".strip");
  if (strip && listen) {
    const box = strip.getBoundingClientRect();
    const place = placeOf(listen);
    const second = ((event.clientX - box.left) / box.width) * Number(strip.dataset.seconds);
    play({ ...place, second: second + place.offset });
    return;
  }
  const sentence = event.target.closest(".transcript [data-start]");
  if (sentence && listen && getSelection().isCollapsed) {
    const place = placeOf(listen);
    play({ ...place, second: Number(sentence.dataset.start) + place.offset });
  }
});

// A quote: select words of a transcript, and take them with who said them, where, and a link.

const quote = document.getElementById("quote");
quote.addEventListener("mousedown", (event) => event.preventDefault()); // or the selection would be gone
document.addEventListener("selectionchange", () => {
  const selection = getSelection();
  const range = selection.isCollapsed || !selection.rangeCount ? null : selection.getRangeAt(0);
  const quoted = range ? [...document.querySelectorAll(".transcript .said")].filter((said) => range.intersectsNode(said)) : [];
  const turns = quoted.map((said) => [said.closest(".turn"), wordsIn(range, said)]).filter(([, words]) => words);
  quote.hidden = !turns.length || !navigator.clipboard;
  if (quote.hidden) return;
  const box = range.getBoundingClientRect();
  quote.style.top = `${scrollY + Math.min(box.bottom + 8, innerHeight - bar.offsetHeight - 60)}px`;
  quote.style.left = `${scrollX + Math.max(8, Math.min(box.left, innerWidth - 160))}px`;
  const { title, podcast } = document.querySelector("article.episode").dataset;
  const who = (turn) => turn.querySelector("cite")?.textContent;
  const clock = turns[0][0].querySelector(".clock");
  const alone = turns.length === 1;
  const where = [alone && who(turns[0][0]), `${podcast}: ${title}`, clock?.textContent].filter(Boolean).join(", ");
  const said = turns.map(([turn, words]) => `${(!alone && who(turn) && `${who(turn)}: `) || ""}“${words}”`);
  quote.dataset.text = `${said.join("\n")}${alone ? " " : "\n"}— ${where}\n${clock?.href ?? location.href}`;
});

// The part of a range that lies within an element, as one line.
function wordsIn(range, element) {
  const part = document.createRange();
  part.selectNodeContents(element);
  if (part.comparePoint(range.startContainer, range.startOffset) === 0) part.setStart(range.startContainer, range.startOffset);
  if (part.comparePoint(range.endContainer, range.endOffset) === 0) part.setEnd(range.endContainer, range.endOffset);
  return part.toString().replace(/\s+/g, " ").trim();
}

// Pages follow each other without a reload, so that the sound goes on. What goes wrong is left to the browser.

let shown = location.pathname + location.search;
let visiting = null;

async function visit(url, { back = false, scroll = 0, form, body } = {}) {
  visiting?.abort();
  const mine = visiting = new AbortController();
  const main = document.getElementById("main");
  main.ariaBusy = "true";
  try {
    const sent = body && { method: "POST", body };
    const answer = await fetch(url, { ...sent, headers: { Accept: "text/html" }, signal: mine.signal });
    if (!answer.headers.get("content-type")?.startsWith("text/html")) throw new TypeError("no page");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const reached = new URL(answer.url);
    reached.hash = url.hash;
    if (!back) {
      keepPlace();
      history[reached.href === location.href ? "replaceState" : "pushState"]({ scroll: 0 }, "", reached);
    }
    show(page);
    shown = location.pathname + location.search;
    if (!back) land();
    else {
      cue();
      scrollTo(0, scroll);
      following = !current || isInView(current);
    }
  } catch (error) {
    if (error.name === "AbortError") return;
    if (form) form.submit(); // with what was written in it
    else location.assign(url);
  } finally {
    if (visiting === mine) {
      visiting = null;
      document.getElementById("main").ariaBusy = null;
    }
  }
}

function show(page) {
  document.title = page.title;
  following = false;
  for (const part of [".top", "#main", ".bottom"]) {
    const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
    if (old && fresh) old.replaceWith(fresh);
    else if (fresh) document.getElementById("main").before(fresh);
    else old?.remove();
  }
  dress();
  focusOn(document.getElementById("main"));
  say(page.title);
}

function focusOn(element) {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

const isPage = ({ origin, pathname }) =>
  origin === location.origin && pathname.startsWith(ROOT) && PAGES.test(pathname.slice(ROOT.length));

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const plain = !event.button && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  const url = new URL(link.href);
  if (!isPage(url) || (url.hash && url.pathname + url.search === shown)) return;
  event.preventDefault();
  visit(url);
});

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  const url = new URL(form.action);
  if (event.defaultPrevented || !isPage(url) || submitter?.name === "download") return;
  const fields = new URLSearchParams(new FormData(form, submitter));
  // What was sent can be sent again by a reload only where the browser sent it: so it does, unless sound would stop.
  if (form.method === "post" && bar.hidden) return;
  event.preventDefault();
  if (form.method === "post") visit(url, { form, body: fields });
  else { url.search = fields; visit(url); }
});

// An entry of the history knows where its page was read, as the browser's own do.
const keepPlace = () => history.replaceState({ scroll: scrollY }, "");
let resting = 0;
addEventListener("scroll", () => {
  clearTimeout(resting);
  const there = location.href;
  resting = setTimeout(() => { if (location.href === there && !visiting) keepPlace(); }, 150);
}, { passive: true });
addEventListener("popstate", (event) => {
  clearTimeout(resting);
  visiting?.abort(); // or a page that was slow to come would take the place of the one gone back to
  if (location.pathname + location.search !== shown) {
    visit(new URL(location.href), { back: true, scroll: event.state?.scroll ?? 0 });
  }
});

// Keys.

function step(by) {
  const items = [...document.querySelectorAll("article.excerpt, .transcript .turn, .episodes li")];
  const place = items.indexOf(document.activeElement.closest("article.excerpt, .turn, .episodes li"));
  const next = items[place < 0 ? (by > 0 ? 0 : items.length - 1) : place + by];
  if (!next) return;
  following = false;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
}

const keys = {
  "/": () => { const field = document.querySelector('input[name="q"]'); field?.focus(); field?.select(); },
  j: () => step(1),
  k: () => step(-1),
  " ": () => (audio.paused ? audio.play().catch(() => {}) : audio.pause()),
  ArrowLeft: () => act.back(),
  ArrowRight: () => act.on(),
};
const FOR_SOUND = [" ", "ArrowLeft", "ArrowRight"];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const { target, key } = event;
  if (target.closest("input, textarea, select, audio, summary, [contenteditable]")) return;
  if (key === " " && target.closest("button, a")) return;
  if (key === "Enter" && target.matches("article.excerpt, .episodes li")) target.querySelector("h2 a, a")?.click();
  if (key === "Enter" && target.matches(".turn")) target.querySelector("[data-start]")?.click();
  if (key === " " && bar.hidden && target.matches("article.excerpt")) {
    event.preventDefault();
    target.querySelector(".playing-button")?.click();
    return;
  }
  if (!(key in keys) || (FOR_SOUND.includes(key) && bar.hidden)) {
    if (["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"].includes(key)) following = false;
    return;
  }
  event.preventDefault();
  keys[key]();
});

dress();
// Where the browser comes back to a page, it knows the place itself.
if (performance.getEntriesByType("navigation")[0]?.type === "navigate") land();
else cue();
