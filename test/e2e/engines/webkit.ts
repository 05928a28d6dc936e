import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { eventually } from "../../eventually.ts";
import { freePort } from "../../free-port.ts";
import type { Engine } from "./engine.ts";

export const WEBKIT_DRIVER = "/usr/bin/WebKitWebDriver";
const MINI_BROWSER = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/webkit2gtk-4.1/MiniBrowser`;
export const XVFB = "/usr/bin/Xvfb";

/** The key of an element's id in WebDriver's JSON. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
type ElementReference = { [ELEMENT]: string };

/** WebKitGTK over WebDriver, on a display of its own. */
export async function launchWebKit(): Promise<Engine> {
  const home = await mkdtemp(join(tmpdir(), "deferred-webkit-"));
  const gtk = join(home, ".config/gtk-3.0");
  await mkdir(gtk, { recursive: true });
  // A moving spinner is painted by the processor.
  await writeFile(join(gtk, "settings.ini"), "[Settings]\ngtk-enable-animations=0\n");
  const display = spawn(
    XVFB,
    ["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "1280x900x24"],
    {
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  const number = await firstLine(display.stdout);
  const port = await freePort();
  const driver = spawn(WEBKIT_DRIVER, [`--port=${port}`], {
    stdio: "ignore",
    env: {
      PATH: process.env["PATH"],
      DISPLAY: `:${number}`,
      HOME: home,
      XDG_RUNTIME_DIR: home,
      GDK_BACKEND: "x11",
      NO_AT_BRIDGE: "1",
      // There is no graphics processor: layers that OpenGL composes by software take a third more.
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      // Its sandbox refuses to start as root.
      ...(process.getuid?.() === 0 && { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" }),
    },
  });
  const call = webDriver(`http://127.0.0.1:${port}`);
  await eventually(() => call("GET", "/status").catch(() => undefined));
  const { sessionId } = await call<{ sessionId: string }>("POST", "/session", {
    capabilities: {
      alwaysMatch: {
        "webkitgtk:browserOptions": { binary: MINI_BROWSER, args: ["--automation"] },
      },
    },
  });
  const session = `/session/${sessionId}`;
  const execute = <Value>(script: (...args: never[]) => unknown, args: unknown[]) =>
    call<Value>("POST", `${session}/execute/sync`, {
      script: `return (${String(script)})(...arguments)`,
      args,
    });
  return {
    async open(url) {
      await call("POST", `${session}/url`, { url });
    },
    async reload() {
      await call("POST", `${session}/refresh`, {});
    },
    evaluate: (script, ...args) => execute(script, args),
    async click(find, ...args) {
      const found = await execute<ElementReference | null>(find, args);
      if (!found) throw new Error(`the page has no ${args.join(" ")} by ${find.name}`);
      // The driver refuses to click near the edge of the window.
      await execute((element: Element) => element.scrollIntoView({ block: "center" }), [found]);
      await call("POST", `${session}/element/${found[ELEMENT]}/click`, {});
    },
    async type(text) {
      const focused = await call<ElementReference>("GET", `${session}/element/active`);
      await call("POST", `${session}/element/${focused[ELEMENT]}/value`, { text });
    },
    async close() {
      await call("DELETE", session);
      await end(driver);
      await end(display);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Calls a WebDriver server; throws its error, in its words. */
function webDriver(url: string) {
  return async <Value>(method: string, path: string, body?: object): Promise<Value> => {
    const response = await fetch(url + path, { method, body: body && JSON.stringify(body) });
    const { value } = (await response.json()) as {
      value: Value & { error?: string; message?: string };
    };
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  };
}

async function firstLine(stream: Readable): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error("the display did not start");
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
