// Registers a passkey, or signs in with one. The server's pages work without this script but for passkeys, whose
// browser API has no form.

for (const box of document.querySelectorAll("[data-passkey]")) {
  const button = box.querySelector("button");
  const mistake = box.querySelector(".mistake");
  if (!(box instanceof HTMLElement) || !button || !(mistake instanceof HTMLElement)) continue;
  if (!globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON) continue;
  box.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    mistake.hidden = true;
    try {
      const answer = await (box.dataset.passkey === "create" ? create(box) : get(box));
      location.assign(answer.location);
    } catch (error) {
      mistake.textContent = sentenceOf(error);
      mistake.hidden = false;
      button.disabled = false;
    }
  });
}

/** @param {HTMLElement} box */
async function get(box) {
  const options = await post(box.dataset.challenge, {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  if (!(credential instanceof PublicKeyCredential)) throw new Error("There is no passkey.");
  return post(box.dataset.answer, { response: credential.toJSON() });
}

/** @param {HTMLElement} box */
async function create(box) {
  const options = await post(box.dataset.challenge, {});
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  if (!(credential instanceof PublicKeyCredential)) throw new Error("There is no passkey.");
  const field = document.querySelector("input[name=passkey]");
  const name = field instanceof HTMLInputElement ? field.value : "";
  return post(box.dataset.answer, { name, response: credential.toJSON() });
}

/**
 * @param {string | undefined} address
 * @param {unknown} body
 */
async function post(address, body) {
  const response = await fetch(address ?? "", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  throw new Error([answer.title, answer.detail].filter(Boolean).join(" "));
}

/** @param {unknown} error */
function sentenceOf(error) {
  if (!(error instanceof DOMException))
    return String(error instanceof Error ? error.message : error);
  if (error.name === "InvalidStateError")
    return "This device has a passkey of this account already.";
  if (error.name === "NotAllowedError")
    return "No passkey was used: it was canceled, or took too long.";
  return `The browser refused: ${error.message}`;
}
