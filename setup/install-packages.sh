#!/bin/sh
# install-packages.sh "UNIT …" COMMAND … : runs COMMAND, which installs packages, without starting what listens.
# A package of a service starts it otherwise, now and at every boot. Tests and projects start their own.
# A shell does this because it cleans up behind a signal that has ended its caller.
units=$1
shift

# Debian asks this program before it starts a service of a package; 101 says no.
policy=/usr/sbin/policy-rc.d
mark='# Put here while Deferred Runner installs packages.'

# One that was left behind would keep every later package from starting.
if [ ! -e "$policy" ] || grep -qs "$mark" "$policy"; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
  chmod 755 "$policy"
fi

"$@"
status=$?
# Where there is no systemd there is nothing to start at the next boot either.
if [ -n "$units" ] && command -v systemctl >/dev/null; then
  # shellcheck disable=SC2086
  systemctl disable --quiet $units 2>/dev/null
fi
exit "$status"
