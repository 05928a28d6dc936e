/** Lines for a file of variables, such as systemd's `EnvironmentFile`. */
export function environmentLines(environment: Record<string, string>): string[] {
  return Object.entries(environment).map(([name, value]) => `  ${name}=${value}`);
}
