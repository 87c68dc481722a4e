// What a page cannot do without a script: count down, and copy. Without it pages still say everything.
(() => {
  const write = (element) => {
    const left = Math.floor((new Date(element.dataset.until) - Date.now()) / 1000);
    const [days, hours, minutes] = [Math.floor(left / 86400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60];
    const two = (number) => String(number).padStart(2, "0");
    if (left <= 0) element.textContent = element.dataset.over;
    else if (days) element.textContent = element.dataset.days.replace("%s", days);
    else element.textContent = `${two(hours)}:${two(minutes)}:${two(left % 60)}`;
  };
  const tick = () => document.querySelectorAll("[data-until]").forEach(write);
  tick();
  window.setInterval(tick, 1000);

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = button.dataset.done;
  });
})();
