/** The form's field of that name. */
export function place(form: HTMLFormElement, name: string): HTMLInputElement {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement) return field;
  throw new Error(`The form has no field ${name}.`);
}

/** The form's fields, without files. */
export function fieldsOf(form: HTMLFormElement): URLSearchParams {
  const fields = [...new FormData(form)].filter(
    (field): field is [string, string] => typeof field[1] === "string",
  );
  return new URLSearchParams(fields);
}

export function say(id: string, text: string): void {
  const element = document.getElementById(id);
  if (element) element.textContent = text;
}

export function reveal(id: string): void {
  document.getElementById(id)?.removeAttribute("hidden");
}
