#!/usr/bin/env bash
# a Debian root file system from the mirror of this host (about 1 min)
# Result: $ROOTFS, complete or absent. Leaves Python packages to the stages after it.
set -Eeuo pipefail

part=$ROOTFS.part

clean_root() {
    rm -rf "$part"/var/cache/apt/archives/*.deb "$part"/var/cache/apt/*.bin "$part"/var/lib/apt/lists/*
    rm -rf "$part"/usr/share/{doc,man,info}/* "$part"/var/log/*.log "$part"/var/log/apt
    find "$part/usr/share/locale" -mindepth 1 -maxdepth 1 ! -name 'C*' ! -name 'en*' ! -name locale.alias \
        -exec rm -rf {} +
    # Mirror, resolver and name of the host that builds are nobody's business.
    rm -f "$part/etc/resolv.conf" "$part/etc/dpkg/dpkg.cfg.d/build"
    : >"$part/etc/apt/sources.list"
    : >"$part/etc/resolv.conf"
    : >"$part/etc/hosts"
    echo openhands >"$part/etc/hostname"
}

# A root file system that is incomplete is made again, so dpkg need not wait for the disk.
relax_dpkg() {
    mkdir -p "$part/etc/dpkg/dpkg.cfg.d"
    echo force-unsafe-io >"$part/etc/dpkg/dpkg.cfg.d/build"
}

# The sandbox server wants this account with uid 1000 and sudo without a password.
add_account() {
    chroot "$part" groupadd --gid 1000 openhands
    chroot "$part" useradd --create-home --uid 1000 --gid 1000 --groups sudo --shell /bin/bash openhands
    install -m 0440 /dev/stdin "$part/etc/sudoers.d/openhands" <<<'%sudo ALL=(ALL) NOPASSWD:ALL'
}

rm -rf --one-file-system "$ROOTFS" "$part"
mkdir -p "$part" "$CACHE/debs"
relax_dpkg
debootstrap --variant=minbase --include="$DEBS" --cache-dir="$CACHE/debs" "$SUITE" "$part" "$MIRROR"
clean_root
add_account
mv -T "$part" "$ROOTFS"
