import { existsSync } from "node:fs";
import type { Service } from "./service.ts";

export const redis: Service = {
  name: "redis",
  title: "Redis",
  port: 6379,
  find: () => (existsSync("/usr/bin/redis-server") ? "/usr/bin" : undefined),
  version: (programs) => [`${programs}/redis-server`, "--version"],
  prepare: () => [],
  start: (programs, { folder }) => [
    `${programs}/redis-server`,
    ...["--bind", "127.0.0.1", "--port", "6379", "--dir", folder],
    ...["--unixsocket", `${folder}/redis.sock`, "--save", "", "--appendonly", "no"],
    ...["--daemonize", "no"],
  ],
  ping: (programs) => [`${programs}/redis-cli`, "-h", "127.0.0.1", "-e", "ping"],
  variables: () => ({ REDIS_URL: "redis://127.0.0.1:6379/0" }),
};
