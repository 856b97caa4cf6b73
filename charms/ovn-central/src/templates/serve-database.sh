#!/bin/sh
# Usage: serve-database.sh nb|sb
# Creates the database, or brings it to the installed schema, and serves it.
set -eu
database=/var/lib/ovn/ovn$1_db.db
schema=/usr/share/ovn/ovn-$1.ovsschema
mkdir -p /run/ovn
if [ ! -e "$database" ]; then
    ovsdb-tool create "$database" "$schema"
elif [ "$(ovsdb-tool needs-conversion "$database" "$schema")" = yes ]; then
    ovsdb-tool convert "$database" "$schema"
fi
exec ovsdb-server --config-file="/etc/ovn/$1.json" --unixctl="/run/ovn/ovn$1_db.ctl" \
    --private-key=/etc/ovn/key.pem --certificate=/etc/ovn/certificate.pem --ca-cert=/etc/ovn/authority.pem \
    -vconsole:info -vfile:off -vsyslog:off
