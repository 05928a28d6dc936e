import { html, LitElement } from "lit";
import { expect, onTestFinished, test, vi } from "vitest";
import { LanguageFollower } from "../../widget/words/page-language.ts";

class SpeakingElement extends LitElement {
  readonly language = new LanguageFollower(this);
  override render() {
    return html`<p lang=${this.language.spoken.tag}>${this.language.spoken.page.run}</p>`;
  }
}
customElements.define("speaking-element", SpeakingElement);

function place(parent: ParentNode = document.body): SpeakingElement {
  const element = document.createElement("speaking-element") as SpeakingElement;
  parent.append(element);
  onTestFinished(() => element.remove());
  return element;
}

function pageIn(lang: string | undefined): void {
  const root = document.documentElement;
  const before = root.getAttribute("lang");
  onTestFinished(() => {
    if (before === null) root.removeAttribute("lang");
    else root.lang = before;
  });
  if (lang === undefined) root.removeAttribute("lang");
  else root.lang = lang;
}

const hears = (element: SpeakingElement, tag: string, run: string) =>
  vi.waitFor(() => {
    const said = element.shadowRoot!.querySelector("p")!;
    expect([said.lang, said.textContent]).toEqual([tag, run]);
  });

test("words follow the page's language, also when it changes", async () => {
  pageIn("de-AT");
  const element = place();
  await hears(element, "de-AT", "Ausführen");
  expect(element.language.authors).toBeUndefined();
  document.documentElement.lang = "ja";
  await hears(element, "ja", "実行");
  document.documentElement.removeAttribute("lang");
  await hears(element, "en", "Run");
});

test("the nearest lang counts, across shadow roots", async () => {
  pageIn("en");
  const outer = document.createElement("div");
  outer.lang = "fr";
  const inner = document.createElement("div");
  inner.attachShadow({ mode: "open" }).append(document.createElement("section"));
  outer.append(inner);
  document.body.append(outer);
  onTestFinished(() => outer.remove());
  const section = inner.shadowRoot!.querySelector("section")!;
  const element = place(section);
  await hears(element, "fr", "Exécuter");
  section.lang = "es";
  await hears(element, "es", "Ejecutar");
  element.lang = "zh-CN";
  await hears(element, "zh-CN", "运行");
});

test("a page in another language hears English that is marked as English", async () => {
  pageIn("zh-Hant");
  const element = place();
  await hears(element, "en", "Run");
  expect(element.language.authors).toBe("zh-Hant");
});

test("an element that was moved while its words loaded has the words of its last place", async () => {
  pageIn("en");
  const [german, spanish] = ["de", "es"].map((lang) => {
    const place = document.createElement("div");
    place.lang = lang;
    document.body.append(place);
    onTestFinished(() => place.remove());
    return place;
  });
  const element = place(german);
  spanish!.append(element);
  german!.append(element);
  await hears(element, "de", "Ausführen");
});
