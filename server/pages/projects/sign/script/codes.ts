import { RUNTIME_FACTS, RUNTIMES } from "../../../../../protocol/runtimes.ts";

/** Text areas take the text of a dropped file; the program's name also tells its runtime. */
export function addCodes(form: HTMLFormElement): void {
  const source = form.querySelector("textarea");
  if (!form.querySelector(".summary")) source?.focus();
  for (const area of form.querySelectorAll("textarea.code")) takeDrops(form, area);
  const more = document.getElementById("more-before");
  const list = document.getElementById("codes-before");
  if (!more || !list) return;
  more.hidden = false;
  more.addEventListener("click", () => {
    const last = list.querySelector(".field:last-child textarea");
    if (!last) return;
    const field = document.createElement("div");
    field.className = "field";
    const area = last.cloneNode() as HTMLTextAreaElement;
    area.removeAttribute("id");
    area.removeAttribute("aria-describedby");
    area.value = "";
    area.ariaLabel = `Code that it builds on, number ${list.children.length + 1}`;
    field.append(area);
    list.append(field);
    takeDrops(form, area);
    area.focus();
  });
}

function takeDrops(form: HTMLFormElement, area: Element): void {
  if (!(area instanceof HTMLTextAreaElement)) return;
  area.addEventListener("dragover", (event) => event.preventDefault());
  area.addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    void file.text().then((text) => {
      area.value = text;
      if (area.name === "source") chooseRuntime(form, file.name);
      form.dispatchEvent(new Event("input"));
    });
  });
}

function chooseRuntime(form: HTMLFormElement, name: string): void {
  const runtime = form.querySelector<HTMLSelectElement>("[name=runtime]");
  const extension = /\.\w+$/.exec(name.toLowerCase())?.[0] ?? "";
  const known = RUNTIMES.find((one) => RUNTIME_FACTS[one].extensions.includes(extension));
  if (runtime && known) runtime.value = known;
}
