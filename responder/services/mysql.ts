import { existsSync } from "node:fs";
import type { Service } from "./service.ts";

/** MariaDB, which is what Debian offers by that name. */
export const mysql: Service = {
  name: "mysql",
  title: "MySQL (MariaDB)",
  port: 3306,
  find: () =>
    existsSync("/usr/sbin/mariadbd") && existsSync("/usr/bin/mariadb-install-db")
      ? "/usr"
      : undefined,
  version: (programs) => [`${programs}/sbin/mariadbd`, "--version"],
  prepare: (programs, { folder }) => [
    [
      `${programs}/bin/mariadb-install-db`,
      ...["--no-defaults", `--datadir=${folder}/data`, "--auth-root-authentication-method=normal"],
      ...["--innodb-flush-method=nosync", "--innodb-use-native-aio=0", "--skip-name-resolve"],
      ...["--innodb-log-file-size=8M", "--innodb-buffer-pool-size=16M"],
    ],
  ],
  start: (programs, { folder }) => [
    `${programs}/sbin/mariadbd`,
    ...["--no-defaults", `--datadir=${folder}/data`, `--socket=${folder}/mysql.sock`],
    ...["--bind-address=127.0.0.1", "--port=3306", "--skip-name-resolve", "--skip-log-bin"],
    ...["--innodb-flush-method=nosync", "--innodb-use-native-aio=0"],
    ...["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M"],
    ...["--innodb-log-file-size=8M", `--pid-file=${folder}/mysql.pid`],
  ],
  ping: (programs, { folder }) => [
    `${programs}/bin/mariadb-admin`,
    ...["--no-defaults", `--socket=${folder}/mysql.sock`, "--user=root", "ping"],
  ],
  variables: {
    DATABASE_URL: "mysql://root@127.0.0.1:3306/test",
    MYSQL_URL: "mysql://root@127.0.0.1:3306/test",
    MYSQL_HOST: "127.0.0.1",
    MYSQL_TCP_PORT: "3306",
  },
};
