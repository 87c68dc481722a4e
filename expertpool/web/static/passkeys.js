// Passkeys: asks an authenticator for what a form needs and sends the form. Without a script the password remains.
(() => {
  if (!window.PublicKeyCredential) return;
  const bytes = (text) =>
    Uint8Array.from(window.atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    window.btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  const named = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));

  const create = (asked) =>
    navigator.credentials.create({
      publicKey: {
        ...asked,
        challenge: bytes(asked.challenge),
        user: { ...asked.user, id: bytes(asked.user.id) },
        excludeCredentials: named(asked.excludeCredentials),
      },
    });
  const get = (asked) =>
    navigator.credentials.get({
      publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: named(asked.allowCredentials) },
    });
  const written = ({ id, rawId, type, response }) => {
    const answer = { id, rawId: text(rawId), type, response: {} };
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (response[part]) answer.response[part] = text(response[part]);
    return JSON.stringify(answer);
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const failed = form.querySelector("[data-passkey-failed]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      failed.hidden = true;
      const asked = JSON.parse(form.dataset.passkey);
      try {
        form.elements.response.value = written(await ("passkeyNew" in form.dataset ? create(asked) : get(asked)));
        form.submit();
      } catch {
        failed.hidden = false;
      }
    });
  }
  for (const shown of document.querySelectorAll("[data-passkey-card]")) shown.hidden = false;
  for (const said of document.querySelectorAll("[data-passkey-missing]")) said.hidden = true;
})();
