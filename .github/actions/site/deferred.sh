#!/bin/sh
# The job's own command, else the package of npm.
set -eu
if command -v deferred >/dev/null; then exec deferred "$@"; fi
exec npx --yes --package "deferred-runner@$DEFERRED_VERSION" deferred "$@"
