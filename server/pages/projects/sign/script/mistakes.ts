import type { SignMistakes } from "../parts.ts";

/** Shows mistakes beside their fields, as the server does. */
export function showMistakes(form: HTMLFormElement, mistakes: SignMistakes): void {
  for (const old of form.querySelectorAll(".mistake")) old.remove();
  const shown = Object.entries(mistakes).flatMap(([name, words]) => {
    const input = form.querySelector<HTMLElement>(`#field-${name}`);
    const field = input?.closest(".field");
    if (!input || !field) return [];
    const sentence = document.createElement("p");
    sentence.className = "mistake";
    sentence.setAttribute("role", "alert");
    sentence.textContent = words;
    field.append(sentence);
    for (let at = field.closest("details"); at; at = at.parentElement?.closest("details") ?? null) {
      at.open = true;
    }
    return [input];
  });
  shown[0]?.focus();
}
