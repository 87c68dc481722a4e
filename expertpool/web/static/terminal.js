// A keypad for screens without a keyboard: it fills the field, and six digits go on by themselves.
(() => {
  const pad = document.querySelector("[data-keys]");
  const field = document.getElementById(pad.dataset.keys);
  const go = () => field.value.length === 6 && field.form.requestSubmit();
  pad.hidden = false;
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (!key) return;
    if (key === "clear") field.value = "";
    else if (key === "back") field.value = field.value.slice(0, -1);
    else if (field.value.length < 6) field.value += key;
    go();
  });
  field.addEventListener("input", go);
})();
