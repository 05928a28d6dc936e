import { render, type TemplateResult } from "lit/html.js";

/** Styles are text; the tag makes them known to editors and to the build. */
export const css = String.raw;

/** Where pages are rendered, on a server, there are no elements: the module can be imported, and does nothing. */
const PageElement = globalThis.HTMLElement ?? (Object as unknown as typeof HTMLElement);

/**
 * An element that is drawn again, once a turn, after what it shows has changed. Its properties of the names
 * of `observedAttributes` reflect those. Lit's own base class does much more, and would be a sixth of what a
 * page loads.
 */
export abstract class DrawnElement extends PageElement {
  static readonly observedAttributes: readonly string[] = [];
  /** All elements of a class share one sheet of these. */
  static readonly styles: string = "";
  protected readonly root: ShadowRoot;
  #drawing: Promise<void> | undefined;

  constructor() {
    super();
    this.root = this.attachShadow({ mode: "open" });
    const own = this.constructor as typeof DrawnElement & { sheet?: CSSStyleSheet };
    if (!own.sheet) (own.sheet = new CSSStyleSheet()).replaceSync(own.styles);
    this.root.adoptedStyleSheets = [own.sheet];
  }

  protected abstract draw(): TemplateResult;
  /** Called after each drawing. */
  protected abstract drawn(): void;

  /** Resolves once the page shows all that has changed so far. */
  get updateComplete(): Promise<void> {
    return this.#drawing ?? Promise.resolve();
  }

  protected changed(): void {
    this.#drawing ??= Promise.resolve().then(() => {
      this.#drawing = undefined;
      render(this.draw(), this.root);
      this.drawn();
    });
  }

  attributeChangedCallback(..._: unknown[]): void {
    this.changed();
  }

  connectedCallback(): void {
    const { observedAttributes } = this.constructor as typeof DrawnElement;
    for (const name of observedAttributes) {
      // Set before the element was defined, it would hide the property of the class.
      const own = Object.getOwnPropertyDescriptor(this, name);
      if (own && Reflect.deleteProperty(this, name)) Reflect.set(this, name, own.value);
    }
    this.changed();
  }
}
