#!/usr/bin/env bash
# Starts a private PostgreSQL cluster in a temporary folder, prints its URL, and removes it when standard input ends.
#
# Whoever starts this keeps the other end of the pipe: when that process ends, even by kill -9, the pipe closes and nothing
# is left behind. The cluster listens on a socket in its own folder only, so runs beside each other never meet.
set -euo pipefail
cd /
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")

dir=$(mktemp -d "${TMPDIR:-/tmp}/causerie-postgres.XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root.
    user=postgres
    getent passwd "$user" >/dev/null || user=nobody
    chown "$user" "$dir"
    as=(setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups)
fi

stop() {
    "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap stop EXIT
# A Ctrl-C is for the run; this waits for the pipe to close, or ends by SIGTERM.
trap '' INT
trap 'exit 1' TERM HUP

"${as[@]}" "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
# Durability is not what these tests look at: no fsync, so that they are quick.
"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/log" -w -t 60 start \
    -o "-c listen_addresses='' -c unix_socket_directories='$dir' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB" \
    >/dev/null 2>&1 </dev/null || { cat "$dir/data/log" >&2; exit 1; }

echo "postgresql:///postgres?host=$dir&user=postgres"
cat >/dev/null
