import { readFile, stat } from "node:fs/promises";
import type { Logger } from "pino";
import { dataFolder, FIRST_PROJECT } from "../server/settings/data-folder.ts";
import { DEFERRED } from "../server/pages/command-line.ts";
import { settingsOrExplain } from "./author.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { responderCommand, serverAssets } from "./layout.ts";
import { explainStartError } from "./start-errors.ts";
import { untilStopped } from "./stop-signals.ts";
import { trySandbox } from "./try-sandbox.ts";
import { isTerminal, print, printTable } from "./print.ts";

export const serve: Command = {
  name: "serve",
  usage: "[options]",
  summary: "Start the server.",
  details: [
    "Settings are environment variables: PORT, HOST, DEFERRED_DATA, DEFERRED_URL, DEFERRED_IDLE_S, …\n" +
      "docs/self-host.md lists them. A new data folder gets a project local/demo with a key, and an owner's API token,\n" +
      "which is printed this once. Each start prints a link that signs one browser in.",
  ],
  options: {
    port: { type: "string", value: "N", help: "Port to listen on (default: $PORT or 8080)" },
    data: {
      type: "string",
      value: "FOLDER",
      help: "Data folder (default: $DEFERRED_DATA or ./data)",
    },
  },
  examples: ["deferred serve", "deferred serve --port 9000 --data /var/lib/deferred"],
  async run(args) {
    if (args.positionals.length > 0) throw args.wrong("serve takes options alone");
    const port = args.text("port");
    if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
      throw args.wrong(`--port has to be a whole number from 0 to 65535, not "${port}"`);
    }
    const env = { ...process.env };
    env["PORT"] = port ?? env["PORT"];
    env["DEFERRED_DATA"] = args.text("data") ?? env["DEFERRED_DATA"];
    const { readServerSettings, startServer } = await import("../server/main.ts");
    const settings = settingsOrExplain(() => readServerSettings(env));
    if (settings.provider.sharesHost) await trySandbox();
    const folder = dataFolder(settings.data);
    const isNew = !(await exists(folder.ownerToken));

    const stopped = untilStopped();
    const log = isTerminal("stderr") ? await terminalLog(settings.logLevel) : undefined;
    const options = {
      ...{ responder: responderCommand(), assets: serverAssets(), log },
      diskFailed: () => process.exit(EXIT.diskFailed),
    };
    const server = await startServer(settings, options).catch((error: unknown) => {
      throw explainStartError(error, settings);
    });
    // It ends the process all the same.
    process.on("uncaughtExceptionMonitor", server.crashed);
    print(`Deferred Runner is at ${server.url}`);
    const token = isNew ? await readFile(folder.ownerToken, "utf8") : undefined;
    // On a full disk none can be made; what is stored is served all the same.
    const link = await server.signInLink().catch(() => undefined);
    const about = { url: server.url, data: settings.data, link: link?.url, token };
    printTable(nextSteps(about));
    await stopped;
    await server.close();
  },
};

/** The link works once, and the token is shown at the first start alone. */
function nextSteps(about: {
  url: string;
  data: string;
  link: string | undefined;
  token: string | undefined;
}): string[][] {
  const { url, data, link, token } = about;
  return [
    ...(token === undefined
      ? []
      : [
          ["made", `${data}, with a project ${FIRST_PROJECT} and its key`],
          ["token", `${token.trim()} acts for every project; it stays in ${data}/owner-token`],
        ]),
    ["open", `${url} and press Run`],
    [
      "projects",
      link === undefined
        ? `${DEFERRED} sign-in makes a link that signs one browser in; now it could not be stored`
        : `${link} signs one browser in, once, within 15 min`,
    ],
    ...(process.stdin.isTTY
      ? [
          ["sign", `${DEFERRED} sign FILE > block.html (in another terminal)`],
          ["stop", "Ctrl-C"],
        ]
      : []),
  ];
}

/** Loaded only where it is used: it would take its time from every other start. */
async function terminalLog(level: string): Promise<Logger> {
  return (await import("./serve-log.ts")).terminalLog(level);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
