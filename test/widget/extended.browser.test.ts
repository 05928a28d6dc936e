import { html } from "lit";
import { expect, onTestFinished, test, vi } from "vitest";
import { DeferredRunnerElement } from "../../widget/define.ts";
import { ended, press, scripted } from "./stage.ts";

class ExtendedRunner extends DeferredRunnerElement {
  protected override render(): unknown {
    return html`${super.render()}
      <p class="own">${this.state}</p>`;
  }
}
customElements.define("extended-runner", ExtendedRunner);

test("a class that extends the element draws more, and runs blocks under its own name", async () => {
  const server = scripted();
  await server.accept();
  const element = new ExtendedRunner();
  element.innerHTML = "<pre><code>puts 6 * 7</code></pre>";
  element.block = "a.e30.c";
  element.server = server.url;
  document.body.append(element);
  onTestFinished(() => element.remove());
  await element.updateComplete;
  const own = () => element.shadowRoot!.querySelector(".own")!.textContent;
  expect(own()).toBe("idle");
  press(element);
  await server.emit(ended());
  await vi.waitFor(() => expect(own()).toBe("succeeded"));
});
