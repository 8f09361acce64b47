#!/usr/bin/env bash
# the Python environment of both images, from the wheels alone (about 1 min)
# Result: $ROOTFS$VENV. Needs no network.
set -Eeuo pipefail
# shellcheck source=../lib/chroot.sh
. "$RECIPE_DIR/lib/chroot.sh"

install_wheels() {
    chroot "$ROOTFS" python3 -m venv "$VENV"
    chroot "$ROOTFS" "$VENV/bin/pip" install --isolated --no-index --find-links /tmp/wheels --no-deps \
        --no-compile --progress-bar off --quiet --requirement /tmp/constraints.txt
    chroot "$ROOTFS" "$VENV/bin/pip" --isolated check
}

# Parts that a headless run never needs: test suites, API catalogues, the browser's driver, and a
# checker of IRIs that jsonschema uses when present, for 1.6 s at the start of every process.
trim() {
    local site=$1
    find "$site"/{pandas,numpy,matplotlib,networkx,ipywidgets} -type d -name tests -prune -exec rm -rf {} +
    rm -rf "$site"/googleapiclient/discovery_cache/documents "$site"/speech_recognition/pocketsphinx-data \
        "$site"/playwright/driver "$site"/rfc3987_syntax
    find "$site" -name '*.so*' -type f -size +1M -print0 | xargs -0 -r -n 8 -P 2 strip --strip-unneeded || true
}

# Byte code is tied to no file time: the layer's own times may change.
compile() {
    chroot "$ROOTFS" "$VENV/bin/python" -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        "$VENV/lib" || echo "note: some files do not compile and stay as source"
}

enter_rootfs
unset "${!PIP_@}"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp/home LANG=C.UTF-8 TMPDIR=/tmp/work
rm -rf --one-file-system "${ROOTFS:?}$VENV"
install_wheels
trim "$(echo "$ROOTFS$VENV"/lib/python3.*/site-packages)"
compile
rm -rf --one-file-system "${CACHE:?}/work"/*
