#!/usr/bin/env bash
# the pinned Python packages from the index of this host (about 1 min)
# Result: exactly one wheel in $CACHE/wheels for each line of constraints.txt. Several pips work
# side by side, each on a list of its own; a finished list survives an interruption.
set -Eeuo pipefail
# shellcheck source=../lib/chroot.sh
. "$RECIPE_DIR/lib/chroot.sh"

LISTS=16   # a list is what an interruption can lose
WORKERS=6  # most of the time goes into waiting for the index

# `name==version` of each wheel file on stdin; both sides of a comparison go through `normal`.
pin_of_wheel() { sed -E 's#^.*/##; s#^([^-]+)-([^-]+)-.*#\1==\2#'; }
normal() { tr 'A-Z' 'a-z' | sed 's/[-_.]\{1,\}/_/g'; }

wanted() { grep -E '^[A-Za-z0-9]' "$RECIPE_DIR/constraints.txt"; }

# Pins without a wheel.
missing() {
    local have pin
    have=$(find "$CACHE/wheels" -name '*.whl' | pin_of_wheel | normal)
    while read -r pin; do
        grep -qxF "$(normal <<<"$pin")" <<<"$have" || echo "$pin"
    done < <(wanted)
}

drop_unwanted() {
    local keep wheel
    keep=$(wanted | normal)
    for wheel in "$CACHE"/wheels/*.whl; do
        [ -e "$wheel" ] || continue
        grep -qxF "$(pin_of_wheel <<<"$wheel" | normal)" <<<"$keep" || rm -f "$wheel"
    done
}

# One list: into a directory of its own, then by rename into the common one.
fetch() {
    local list=$1
    chroot "$ROOTFS" /tmp/pip/bin/pip wheel --no-deps --progress-bar off \
        --wheel-dir "/tmp/work/out.$list" --requirement "/tmp/work/list.$list" &&
        mv -f "$CACHE/work/out.$list"/*.whl "$CACHE/wheels/"
}

fetch_all() {
    local list running=0 failed=0
    for list in $(cd "$CACHE/work" && ls list.* | sed 's/^list\.//'); do
        if ((running >= WORKERS)); then wait -n || failed=1; else running=$((running + 1)); fi
        ((failed == 0)) || break
        fetch "$list" &
    done
    while ((running-- > 0)); do wait -n || failed=1; done
    return "$failed"
}

enter_rootfs
drop_unwanted
todo=$(missing)
[ -n "$todo" ] || exit 0
split --number="r/$LISTS" --elide-empty-files - "$CACHE/work/list." <<<"$todo"
borrow_network
borrow_links
filter_environment
chroot "$ROOTFS" python3 -m venv /tmp/pip
fetch_all
rm -rf --one-file-system "${CACHE:?}/work"/*
[ -z "$(missing)" ] || { echo "no wheel for: $(missing | tr '\n' ' ')" && exit 1; }
