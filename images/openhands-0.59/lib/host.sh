# What the recipe needs on the host: root, a daemon, a few programs, disk space, a Debian mirror.
# shellcheck shell=bash

# Measured need in MB: everything on one file system, or cache and daemon apart.
NEED_TOGETHER=6000
NEED_APART=3500

require_docker() {
    command -v docker >/dev/null ||
        fail "no docker program on this host" "install Docker or put its command on PATH"
    DOCKER_ROOT=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null) && [ -n "$DOCKER_ROOT" ] && return
    require_root # the socket may be closed to this user alone
    fail "no Docker daemon answers" "start the daemon, or set DOCKER_HOST"
}

require_root() {
    [ "$(id -u)" -eq 0 ] ||
        fail "building the images needs root (chroot, mount)" "sudo -E $RECIPE_DIR/build.sh"
}

# Installs what is missing where apt can; program name and Debian package are given as pairs.
require_tools() {
    local pair missing=()
    for pair in debootstrap:debootstrap strip:binutils unshare:util-linux flock:util-linux; do
        command -v "${pair%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    if ((${#missing[@]})); then
        command -v apt-get >/dev/null ||
            fail "missing on this host: ${missing[*]}" "install these packages, or build on a Debian-like host"
        say "host: installing ${missing[*]}"
        in_background apt_install "${missing[@]}" >"$CACHE/logs/host.log" 2>&1 ||
            fail "apt-get cannot install ${missing[*]}" "see $CACHE/logs/host.log"
    fi
    (isolated true) 2>/dev/null ||
        fail "this host refuses mount namespaces" "build outside a container, or in a privileged one"
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y --no-install-recommends "$@" ||
        { apt-get update && apt-get install -y --no-install-recommends "$@"; }
}

free_mb() { df --output=avail -BM "$1" | tail -n 1 | tr -dc 0-9; }

require_space() {
    local need=$NEED_TOGETHER
    if [ -d "$DOCKER_ROOT" ] && [ "$(stat -c %d "$CACHE")" != "$(stat -c %d "$DOCKER_ROOT")" ]; then
        need=$NEED_APART
        enough_space "$DOCKER_ROOT" "$need" "free space there, for example with docker system prune"
    fi
    [ -e "$CACHE/stamps/venv" ] && need=$NEED_APART
    enough_space "$CACHE" "$need" "free space there, or set OPENHANDS_IMAGE_CACHE to another disk"
}

enough_space() {
    local free
    free=$(free_mb "$1")
    ((free >= $2)) || fail "$1 has $free MB free, the image recipe needs $2 MB" "$3"
}

# The Debian main archive that apt of this host uses, else the public one.
debian_mirror() {
    local uri=${OPENHANDS_IMAGE_MIRROR:-}
    if [ -z "$uri" ] && command -v apt-get >/dev/null; then
        uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
            grep -E '/debian/?$' | head -n 1 || true)
    fi
    uri=${uri:-http://deb.debian.org/debian}
    echo "${uri%/}"
}
