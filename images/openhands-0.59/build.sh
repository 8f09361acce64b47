#!/usr/bin/env bash
# Builds the two OpenHands 0.59.0 images from Debian packages and Python wheels, without a
# container registry. This file reads the arguments and decides which stages are stale; the
# stages themselves are in stages/, each a program of its own that runs in private namespaces.
#
# Usage: build.sh [--force] [--check | --status | --clean] [--extra-debs a,b]
#   (nothing)          build what is missing or stale
#   --force            run every stage again (downloads are kept) and replace foreign images
#   --check            status 0 when both images are usable as they are, 10 when not
#   --status           what is built and cached, on stdout
#   --clean            remove the cache and the images of this recipe
#   --extra-debs a,b   more Debian packages; remembered in the cache until given anew
#
# Environment: OPENHANDS_IMAGE_CACHE, OPENHANDS_IMAGE_MIRROR, OPENHANDS_IMAGE_APP and
# OPENHANDS_IMAGE_SANDBOX (see README.md).
set -Eeuo pipefail
umask 022

RECIPE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${OPENHANDS_IMAGE_CACHE:-/var/cache/deckhands/openhands-0.59}
APP_TAG=${OPENHANDS_IMAGE_APP:-docker.all-hands.dev/all-hands-ai/openhands:0.59}
SANDBOX_TAG=${OPENHANDS_IMAGE_SANDBOX:-docker.all-hands.dev/all-hands-ai/runtime:0.59-nikolaik}
SUITE=trixie
ROOTFS=$CACHE/rootfs
VENV=/openhands/venv
STAGES=(debian wheels venv images)
export RECIPE_DIR CACHE APP_TAG SANDBOX_TAG SUITE ROOTFS VENV

# shellcheck source=lib/common.sh
. "$RECIPE_DIR/lib/common.sh"
# shellcheck source=lib/keys.sh
. "$RECIPE_DIR/lib/keys.sh"
# shellcheck source=lib/host.sh
. "$RECIPE_DIR/lib/host.sh"

usage() { sed -n 's/^# \{0,1\}//; 6,14p' "${BASH_SOURCE[0]}"; }

read_arguments() {
    mode=build force=no extra=unset
    while (($#)); do
        case $1 in
        --force) force=yes ;;
        --check | --status | --clean) mode=${1#--} ;;
        --extra-debs) extra=${2-} && shift ;;
        --extra-debs=*) extra=${1#*=} ;;
        -h | --help) mode=usage ;;
        *) fail "unknown argument \`$1\`" "build.sh --help lists the arguments" ;;
        esac
        shift || fail "--extra-debs wants a list" "for example --extra-debs build-essential,nodejs"
    done
    [ "$extra" != unset ] || extra=$(cat "$CACHE/extra-debs" 2>/dev/null || true)
    [[ $extra =~ ^[a-z0-9.+,-]*$ ]] ||
        fail "\`$extra\` is not a list of Debian packages" "separate the names by commas, without blanks"
    DEBS=$(tr '\n' ',' <"$RECIPE_DIR/debs.txt")$extra
    DEBS=${DEBS%,}
    export DEBS
}

# The descriptor stays open until this process and all its stages are gone.
take_lock() {
    exec 9>"$CACHE/lock"
    flock --nonblock 9 && return
    say "lock: waiting for another build that uses $CACHE"
    in_background flock 9 || fail "cannot lock $CACHE/lock" "look who holds it: fuser $CACHE/lock"
}

build() {
    require_docker
    [ "$force" = yes ] || refuse_foreign_images
    if [ "$force" = no ] && images_usable; then
        say "images: unchanged"
        return
    fi
    require_root
    mkdir -p "$CACHE/logs" "$CACHE/stamps"
    take_lock
    [ "$force" = no ] || rm -f "$CACHE"/stamps/*
    require_tools
    require_space
    MIRROR=$(debian_mirror)
    export MIRROR
    atomic_write "$CACHE/extra-debs" "$extra"
    local stage
    for stage in "${STAGES[@]}"; do run_stage "$stage"; done
    say "ready: $APP_TAG and $SANDBOX_TAG"
}

# A stage whose stamp holds its key has nothing to do. The stamp goes first and comes back last,
# so a stage that was cut off is never taken for a finished one.
run_stage() {
    local stage=$1 key rc=0 log=$CACHE/logs/$1.log
    key=$(key_of "$stage")
    if stage_current "$stage" "$key"; then
        say "$stage: unchanged"
        return
    fi
    say "$stage: $(sed -n '2s/^# //p' "$RECIPE_DIR/stages/$stage.sh")"
    rm -f "$CACHE/stamps/$stage"
    RECIPE_KEY=$key in_background isolated "$RECIPE_DIR/stages/$stage.sh" >"$log" 2>&1 || rc=$?
    if ((rc != 0)); then
        tail -n 20 "$log" >&2
        fail "stage $stage of the image recipe failed with status $rc" "the whole log is $log"
    fi
    atomic_write "$CACHE/stamps/$stage" "$key"
}

status() {
    require_docker
    local stage tag size
    for stage in "${STAGES[@]}"; do
        if stage_current "$stage" "$(key_of "$stage")"; then echo "stage $stage: current"; else echo "stage $stage: to do"; fi
    done
    for tag in "$APP_TAG" "$SANDBOX_TAG"; do
        size=$(docker image inspect --format '{{.Size}}' "$tag" 2>/dev/null || echo 0)
        echo "image $tag: $(image_state "$tag"), $((size / 1000000)) MB"
    done
    echo "cache $CACHE: $(du -sm "$CACHE" 2>/dev/null | cut -f1 || true) MB"
}

clean() {
    require_docker
    local tag
    for tag in "$APP_TAG" "$SANDBOX_TAG"; do
        case $(image_state "$tag") in
        current | stale) docker image rm "$tag" >/dev/null || say "warning: $tag is in use and stays" ;;
        esac
    done
    [ -d "$CACHE" ] || return 0
    require_root
    take_lock
    (cd "$CACHE" && rm -rf --one-file-system rootfs rootfs.part debs wheels work logs stamps extra-debs)
    say "clean: $CACHE and the images of this recipe are removed"
}

main() {
    trap 'stop_background; exit 143' TERM HUP
    trap 'stop_background; exit 130' INT
    read_arguments "$@"
    case $mode in
    build) build ;;
    check) images_usable || exit 10 ;;
    status) status ;;
    clean) clean ;;
    usage) usage ;;
    esac
}
main "$@"
