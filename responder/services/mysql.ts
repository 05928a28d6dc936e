import { existsSync } from "node:fs";
import type { Service } from "./service.ts";

/**
 * Clients without a user name use their own user's: it gets an account without a password, as in PostgreSQL. The server
 * reads the statements from its standard input at each start.
 */
const START = `user=$(id -un)
exec "$@" --init-file=/dev/stdin <<END
create user if not exists '$user'@'localhost', '$user'@'127.0.0.1';
grant all on *.* to '$user'@'localhost' with grant option;
grant all on *.* to '$user'@'127.0.0.1' with grant option;
END
`;

/** MariaDB: Debian's implementation of MySQL. */
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
    ...(["bash", "-c", START, "mysql"] as const),
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
  variables: ({ folder }) => ({
    DATABASE_URL: "mysql://root@127.0.0.1:3306/test",
    MYSQL_URL: "mysql://root@127.0.0.1:3306/test",
    MYSQL_HOST: "127.0.0.1",
    MYSQL_TCP_PORT: "3306",
    // For clients that use localhost whatever MYSQL_HOST says, such as mysqldump.
    MYSQL_UNIX_PORT: `${folder}/mysql.sock`,
  }),
};
