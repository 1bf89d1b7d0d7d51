#!/bin/sh
# Gives up root for the user PUID and the group PGID, and becomes `stashhog` with the arguments.
# EXTRA_GIDS: numbers of more groups (commas), such as one that STASHHOG_FILE_GROUP names.
set -eu

fail() {
    echo "StashHog can't start. $1" >&2
    exit 1
}
is_id() { # NUMBER: of a user or group other than root
    case $1 in
        '' | *[!0-9]* | 0*) return 1 ;;
    esac
    [ "${#1}" -le 9 ]
}

case ${UMASK:=022} in
    *[!0-7]*) fail "UMASK ($UMASK) can't be used: give three octal digits such as 022 or 002." ;;
    ??? | 0???) umask "$UMASK" ;;
    *) fail "UMASK ($UMASK) can't be used: give three octal digits such as 022 or 002." ;;
esac

# Started as somebody else (`docker run --user`, `user:` of compose): that is who it stays.
[ "$(id -u)" = 0 ] || exec stashhog "$@"

is_id "${PUID:=1000}" || fail "PUID ($PUID) can't be used: give the number of a user other than root (id -u)."
is_id "${PGID:=1000}" || fail "PGID ($PGID) can't be used: give the number of a group other than root's (id -g)."
case ${EXTRA_GIDS:=} in
    *[!0-9,]* | ,* | *, | *,,*) fail "EXTRA_GIDS ($EXTRA_GIDS) can't be used: give numbers separated by commas." ;;
esac

# The folder and what StashHog keeps in it, where another user had it before; the library is not in it, and stays as it is.
data=${STASHHOG_DATA_DIR:-/data}
mkdir -p "$data" || fail "The data folder $data can't be made."
find "$data" -xdev \( ! -user "$PUID" -o ! -group "$PGID" \) -exec chown -h "$PUID:$PGID" {} + ||
    fail "The data folder $data can't be given to $PUID:$PGID. Let it belong to them, or give its owner in PUID and PGID."

groups=$PGID${EXTRA_GIDS:+,$EXTRA_GIDS}
export HOME="$data"
exec setpriv --reuid "$PUID" --regid "$PGID" --groups "$groups" --no-new-privs -- stashhog "$@"
