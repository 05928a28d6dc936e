import { settingsReader } from "../../../../settings/reader.ts";
import { SettingsError } from "../../../../settings/settings.ts";
import { readEc2Settings, type Ec2Settings } from "../../settings.ts";

/** Settings for baking, which need not be complete enough to launch machines. Throws `SettingsError`. */
export function readBakeSettings(env: Record<string, string | undefined>): {
  url: string | undefined;
  ec2: Ec2Settings;
} {
  const read = settingsReader(env);
  const settings = { url: read.origin("DEFERRED_URL"), ec2: readEc2Settings(read) };
  if (read.mistakes.length > 0) throw new SettingsError(read.mistakes);
  return settings;
}
