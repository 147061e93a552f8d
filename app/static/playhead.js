// What a script adds to pages that work without one: a key to the field, copied links and notes, playing from a second.

const field = document.querySelector('input[name="q"]');

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, audio");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    field?.focus();
    field?.select();
  }
});

for (const button of document.querySelectorAll("button.copy")) {
  if (!navigator.clipboard) continue; // only pages on https or this machine may write to it
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const text = button.dataset.copy
      ? document.getElementById(button.dataset.copy).value
      : new URL(button.dataset.link, location.href).href;
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// Some players forget #t= until they know how long the audio is.
for (const audio of document.querySelectorAll("audio")) {
  const second = Number(/#t=(\d+)/.exec(audio.src)?.[1] ?? 0);
  audio.addEventListener("loadedmetadata", () => {
    if (second && Math.abs(audio.currentTime - second) > 1) audio.currentTime = second;
  }, { once: true });
}

for (const details of document.querySelectorAll("details.play")) {
  details.addEventListener("toggle", () => {
    const audio = details.querySelector("audio");
    // A browser may refuse to play by itself; the controls are there then.
    if (details.open) audio.play().catch(() => {});
    else audio.pause();
  });
}

if (!location.hash) document.getElementById("marked")?.scrollIntoView({ block: "center" });
