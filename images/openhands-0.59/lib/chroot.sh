# Enters the new root file system for the stages that need Python. Runs inside the private
# namespaces of a stage: nothing mounted here outlives it, and the host's settings lie on a
# tmpfs, so they cannot get into an image.
# shellcheck shell=bash

enter_rootfs() {
    mount -t proc proc "$ROOTFS/proc"
    mount --rbind /dev "$ROOTFS/dev"
    mount -t tmpfs -o mode=0700 tmpfs "$ROOTFS/tmp"
    rm -rf --one-file-system "$CACHE/work"
    mkdir -p "$CACHE/work" "$CACHE/wheels" "$ROOTFS"/tmp/{work,wheels,home}
    mount --bind "$CACHE/work" "$ROOTFS/tmp/work"
    mount --bind "$CACHE/wheels" "$ROOTFS/tmp/wheels"
    cp "$RECIPE_DIR/constraints.txt" "$ROOTFS/tmp/constraints.txt"
}

# Name resolution and pip of this host: its configuration files, index variables, proxies,
# credentials and CA bundle.
borrow_network() {
    local tmp=$ROOTFS/tmp file
    for file in resolv.conf hosts; do
        [ -e "/etc/$file" ] && mount --bind "$(readlink -f "/etc/$file")" "$ROOTFS/etc/$file"
    done
    mkdir -p "$tmp/home/.pip" "$tmp/home/.config/pip"
    # pip reads the first as the user's file too, but lets the second win, as with /etc/pip.conf.
    copy_first "$tmp/home/.pip/pip.conf" /etc/xdg/pip/pip.conf /etc/pip.conf
    copy_first "$tmp/home/.config/pip/pip.conf" \
        "${XDG_CONFIG_HOME:-$HOME/.config}/pip/pip.conf" "$HOME/.pip/pip.conf"
    copy_first "$tmp/pip.conf" "${PIP_CONFIG_FILE:-}"
    copy_first "$tmp/home/.netrc" "${NETRC:-}" "$HOME/.netrc"
    copy_first "$tmp/ca.pem" "${PIP_CERT:-}" "$(configured_bundle)" "${REQUESTS_CA_BUNDLE:-}" \
        "${CURL_CA_BUNDLE:-}" "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt
}

copy_first() {
    local target=$1 file
    shift
    for file in "$@"; do
        [ -f "$file" ] && [ -r "$file" ] && cp -L "$file" "$target" && return
    done
    return 0
}

configured_bundle() {
    sed -n 's/^[[:space:]]*cert[[:space:]]*[=:][[:space:]]*//p' "$ROOTFS"/tmp/pip.conf \
        "$ROOTFS"/tmp/home/.config/pip/pip.conf "$ROOTFS"/tmp/home/.pip/pip.conf 2>/dev/null | head -n 1
}

# Directories that PIP_FIND_LINKS names are of the host: shown below /tmp under a new name.
borrow_links() {
    local entry number=0 links=
    for entry in ${PIP_FIND_LINKS:-}; do
        if [ -d "${entry#file://}" ]; then
            number=$((number + 1))
            mkdir -p "$ROOTFS/tmp/links/$number"
            mount --bind "${entry#file://}" "$ROOTFS/tmp/links/$number"
            entry=/tmp/links/$number
        fi
        links+=${links:+ }$entry
    done
    PIP_FIND_LINKS=$links
}

# Leaves only what pip may see. Values stay out of any command line, so no other user reads them.
filter_environment() {
    local name
    for name in $(compgen -e); do
        case $name in
        PIP_TARGET | PIP_PREFIX | PIP_ROOT | PIP_USER | PIP_REQUIREMENT | PIP_CACHE_DIR) unset "$name" ;;
        PIP_* | [Hh][Tt][Tt][Pp]_* | [Hh][Tt][Tt][Pp][Ss]_* | [Nn][Oo]_* | [Aa][Ll][Ll]_*) ;;
        RECIPE_DIR | CACHE | ROOTFS | VENV) ;;
        *) unset "$name" ;;
        esac
    done
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp/home LANG=C.UTF-8 TMPDIR=/tmp/work
    export PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONSTRAINT=/tmp/constraints.txt
    if [ -f "$ROOTFS/tmp/pip.conf" ]; then export PIP_CONFIG_FILE=/tmp/pip.conf; else unset PIP_CONFIG_FILE; fi
    if [ -f "$ROOTFS/tmp/ca.pem" ]; then
        export PIP_CERT=/tmp/ca.pem SSL_CERT_FILE=/tmp/ca.pem REQUESTS_CA_BUNDLE=/tmp/ca.pem
    fi
}
