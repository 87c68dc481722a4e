// The SHA-256 of a file that somebody chooses goes into a field; the file stays where it is. Without a script it is typed.
document.querySelectorAll("[data-digest]").forEach((chooser) => {
  chooser.addEventListener("change", async () => {
    const [file] = chooser.files;
    if (!file || !window.crypto.subtle) return;
    const digest = await window.crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    document.getElementById(chooser.dataset.digest).value = hex;
  });
});
