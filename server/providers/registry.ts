import { ec2 } from "./ec2/index.ts";
import { local } from "./local/index.ts";
import type { Choices } from "../settings/reader.ts";
import type { Provider } from "./provider.ts";

/** Choices of DEFERRED_COMPUTE; the first is the default. */
export const PROVIDERS: Choices<Provider> = [local, ec2];
