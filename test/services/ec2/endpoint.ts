import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Action } from "./action.ts";
import { catalogueActions } from "./catalogue.ts";
import { Ec2Error } from "./error.ts";
import { createFaults, errorOf, isCode, type FaultCode, type RequestFault } from "./faults.ts";
import { noHardware, type Hardware } from "./hardware.ts";
import { imageActions } from "./images.ts";
import { instanceActions } from "./instances.ts";
import { createLifecycle, type Timing } from "./lifecycle.ts";
import { withLaunchTemplate } from "./launch-templates.ts";
import { Parameters } from "./parameters.ts";
import type { AccessRequest } from "../iam.ts";
import { verifySignature, type Keys } from "./signature.ts";
import { networkActions } from "./network.ts";
import { newStore, type Store } from "./store.ts";
import { xml } from "./xml.ts";

/** Every action there is; a file a kind of thing. */
const ACTIONS: Record<string, Action> = {
  ...instanceActions,
  ...catalogueActions,
  ...imageActions,
  ...networkActions,
};

const VERSION = "2016-11-15";
const NAMESPACE = `http://ec2.amazonaws.com/doc/${VERSION}/`;
const KEYS: Keys = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const TIMING: Timing = {
  pendingMs: 20,
  stoppingMs: 20,
  shuttingDownMs: 20,
  unknownMs: 0,
  describedMs: 3_600_000,
};

export interface Ec2Options {
  /** What boots; nothing unless given. */
  hardware?: Hardware;
  timing?: Partial<Timing>;
  /** New instances stay pending until then, for a test that has to see them so. */
  pendingUntil?: Promise<void>;
  /** Any free port unless given. */
  port?: number;
  now?: () => number;
  /** The first thing that the credentials may not do, of what a call needs; a dry run is asked too. */
  refused?: (call: Call, store: Store) => AccessRequest | undefined;
}

/** A request as it was received, and how it was answered. */
export interface Call {
  action: string;
  parameters: Parameters;
  /** `answered`, the code of the error, or where the connection was cut. */
  outcome: string;
}

export type Ec2Endpoint = Awaited<ReturnType<typeof startEc2>>;

/** An endpoint that speaks EC2's Query API, with instances that come up, boot and go down. */
export async function startEc2(options: Ec2Options = {}) {
  const now = options.now ?? Date.now;
  const store = newStore();
  const faults = createFaults();
  const folder = mkdtempSync(join(tmpdir(), "deferred-ec2-"));
  const lifecycle = createLifecycle({
    store,
    hardware: options.hardware ?? noHardware,
    timing: { ...TIMING, ...options.timing },
    pendingUntil: options.pendingUntil,
    faults,
    folder,
    now,
  });
  const calls: Call[] = [];

  /** The answer's status and body, or what becomes of the connection instead. */
  async function answer(request: IncomingMessage): Promise<[number, string] | "cut" | "held"> {
    const requestId = randomUUID();
    const call: Call = { action: "", parameters: new Parameters([]), outcome: "answered" };
    try {
      const body = await text(request);
      const { method = "", url: target = "/" } = request;
      const headers = request.headers as Record<string, string | undefined>;
      verifySignature({ method, target, headers, body }, KEYS, now());
      const form = new URLSearchParams(method === "GET" ? target.split("?")[1] : body);
      call.action = form.get("Action") ?? "";
      call.parameters = new Parameters(form);
      calls.push(call);
      call.parameters = withLaunchTemplate(form, store);
      if (form.get("Version") !== VERSION) {
        throw new Ec2Error("NoSuchVersion", `The version ${form.get("Version")} does not exist`);
      }
      const action = Object.hasOwn(ACTIONS, call.action) ? ACTIONS[call.action] : undefined;
      if (!action) {
        throw new Ec2Error(
          "InvalidAction",
          `The action ${call.action} is not valid for this web service.`,
        );
      }
      const fault = faults.atRequest(
        call.action,
        call.parameters.text("InstanceMarketOptions.MarketType") === "spot",
      );
      if (isCode(fault)) throw errorOf(fault);
      if (fault !== undefined) call.outcome = fault;
      if (fault === "cut_before" || fault === "held_before") return kindOf(fault);
      const refused = options.refused?.(call, store);
      if (refused) throw unauthorized(refused);
      const { parameters } = call;
      const result = action({ parameters, store, lifecycle, now });
      if (fault === "failed_after") throw errorOf("InternalError");
      if (fault !== undefined) return kindOf(fault);
      const name = `${call.action}Response`;
      return [200, document(xml(name, { requestId, ...result }, ` xmlns="${NAMESPACE}"`))];
    } catch (error) {
      const { code, message, status } =
        error instanceof Ec2Error ? error : new Ec2Error("InternalError", String(error));
      call.outcome = code;
      const errors = { Errors: { Error: { Code: code, Message: message } }, RequestID: requestId };
      return [status, document(xml("Response", errors))];
    }
  }

  const server = createServer((request, response) => {
    void answer(request).then((answered) => {
      if (answered === "cut") request.socket.destroy();
      if (answered === "cut" || answered === "held") return;
      const headers = {
        "content-type": "text/xml;charset=UTF-8",
        server: "AmazonEC2",
        date: new Date(now()).toUTCString(),
      };
      response.writeHead(answered[0], headers).end(answered[1]);
    });
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    region: store.region,
    keys: KEYS,
    /** What the SDK finds in a server's environment. */
    env: {
      AWS_ENDPOINT_URL_EC2: url,
      AWS_REGION: store.region,
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    },
    store,
    lifecycle,
    faults,
    calls,
    /** The requests for one action so far. */
    callsOf: (action: string): Call[] => calls.filter((call) => call.action === action),
    /** Instances that cost something or could be started again. */
    existing: () =>
      [...store.instances.values()].filter(
        ({ state }) => state !== "terminated" && state !== "shutting-down",
      ),
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await lifecycle.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** In the words that EC2 has for it, from which people learn what was refused. */
function unauthorized({ action, resource }: AccessRequest): Ec2Error {
  const place = resource === "*" ? "" : ` on resource: ${resource}`;
  return new Ec2Error(
    "UnauthorizedOperation",
    `You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/deferred is not authorized to perform: ${action}${place} because no identity-based policy allows the ${action} action. Encoded authorization failure message: ${"x".repeat(40)}`,
  );
}

function kindOf(fault: Exclude<RequestFault, FaultCode | "failed_after">): "cut" | "held" {
  return fault.startsWith("cut") ? "cut" : "held";
}

function document(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
}
