# Output, errors, background work and atomic files for build.sh. Knows nothing about images.
# shellcheck shell=bash

# One progress line, with the seconds since the start.
say() { printf '[%3d s] %s\n' "$SECONDS" "$*" >&2; }

# Ends the program with one error line and one hint line.
fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

atomic_write() {
    printf '%s\n' "$2" >"$1.new"
    mv -f "$1.new" "$1"
}

# Runs a command as a process group of its own and waits for it, so that a signal to this shell
# is acted on at once and can end the whole group.
background=
in_background() {
    local rc=0
    set -m
    "$@" </dev/null &
    background=$!
    set +m
    wait "$background" || rc=$?
    background=
    return "$rc"
}

stop_background() {
    [ -n "$background" ] || return 0
    kill -KILL -- "-$background" 2>/dev/null || true
    wait "$background" 2>/dev/null || true
    background=
}

# Private mount and process namespaces: whatever a stage mounts or starts is gone when its first
# process is, by whatever way that ends. No mount is ever seen by the host.
isolated() {
    exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc -- "$@"
}
