#!/bin/sh
# Every hook tool is a link to this file, beside the clients proper.
here=${0%/*}
if command -v perl >/dev/null 2>&1; then exec perl "$here/.client.pl" "$0" "$@"; fi
exec python3 -ISE "$here/.client.py" "$0" "$@"
