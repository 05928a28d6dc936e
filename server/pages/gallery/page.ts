import { html, raw } from "hono/html";
import { highlight } from "../highlight.ts";
import type { Html } from "../layout.ts";
import { endings } from "./scenes/endings.ts";
import { rightToLeft, themes } from "./scenes/looks.ts";
import { before } from "./scenes/before.ts";
import { outputs } from "./scenes/outputs.ts";
import { four, waits } from "./scenes/waits.ts";
import { canonicalCode } from "../../../protocol/canonical-code.ts";
import { codeDigest } from "../../../blocks/digest.ts";
import type { Scene, SceneGroup } from "./scene.ts";

export const SCENE_GROUPS: readonly SceneGroup[] = [
  ...[before, waits, four, endings],
  ...[outputs, themes, rightToLeft],
];

/** Languages of the element's words. */
const LANGUAGES = {
  en: "English",
  de: "Deutsch",
  es: "Español",
  fr: "Français",
  ja: "日本語",
  zh: "中文",
} as const;

const SCHEMES = { system: "As the system", light: "Light", dark: "Dark" } as const;

/** Every look of the element on one page: real elements, whose server is played in the page. */
export function gallery(): Html {
  const scenes = SCENE_GROUPS.flatMap((group) => group.scenes);
  return html`<h1>Gallery</h1>
    <p class="lead">
      Every state of a block, with a server that is played in this page. Nothing runs elsewhere.
    </p>
    <form id="choices" class="choices" hidden>
      ${choice("lang", "Words", LANGUAGES)} ${choice("scheme", "Colours", SCHEMES)}
    </form>
    <div id="stage">${SCENE_GROUPS.map(groupOf)}</div>
    <script type="application/json" id="scenes">
      ${raw(JSON.stringify(scenes).replaceAll("<", "\\u003c"))}
    </script>`;
}

function choice(name: string, label: string, options: Record<string, string>): Html {
  return html`<label
    >${label}
    <select name="${name}">
      ${Object.entries(options).map(
        ([value, words]) => html`<option value="${value}">${words}</option>`,
      )}
    </select></label
  >`;
}

function groupOf({ id, title, sentence, rtl, oneServer, scenes }: SceneGroup): Html {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    <p>${sentence}</p>
    <div class="scenes" ${rtl ? html`dir="rtl" lang="ar"` : ""}>
      ${scenes.map((scene) => sceneOf(scene, oneServer ? id : scene.id))}
    </div>
  </section>`;
}

/** Blocks of one server wait for one machine, and one of them says how it wakes. */
function sceneOf(scene: Scene, server: string): Html {
  const { id, title, language = "python", code, theme, recorded } = scene;
  return html`<article class="scene ${theme ?? ""}" id="${id}">
    <h3>${title}</h3>
    <deferred-runner block="${tokenOf(scene)}" server="/gallery/played/${server}" label="${title}">
      <pre
        tabindex="0"
      ><code class="language-${language}">${raw(highlight(code, language))}</code></pre>
      ${recorded === undefined ? "" : html`<output><pre>${recorded}</pre></output>`}
    </deferred-runner>
  </article>`;
}

/** A token with the scene's claims and no signature: the played server checks none. */
function tokenOf({ id, language = "python", code, claims }: Scene): string {
  const digest = codeDigest(canonicalCode(code));
  const payload = JSON.stringify({ jti: id, runtime: language, code: digest, ...claims });
  return `e30.${Buffer.from(payload).toString("base64url")}.${id}`;
}
