import { existsSync } from "node:fs";
import type { Service } from "./service.ts";

export const memcached: Service = {
  name: "memcached",
  title: "memcached",
  port: 11_211,
  find: () => (existsSync("/usr/bin/memcached") ? "/usr/bin" : undefined),
  version: (programs) => [`${programs}/memcached`, "--version"],
  prepare: () => [],
  start: (programs) => [`${programs}/memcached`, "-l", "127.0.0.1", "-p", "11211", "-U", "0"],
  // It has no client of its own: bash asks for its version.
  ping: () => [
    "bash",
    "-c",
    String.raw`exec 3<>/dev/tcp/127.0.0.1/11211 && printf 'version\r\n' >&3 && read -r -t 1 line <&3 && [[ $line == VERSION* ]]`,
  ],
  variables: () => ({
    MEMCACHED_URL: "memcached://127.0.0.1:11211",
    MEMCACHE_SERVERS: "127.0.0.1:11211",
  }),
};
