#!/usr/bin/env bash
# both images from one shared layer (about 1 min)
# Result: $APP_TAG and $SANDBOX_TAG on the daemon, with $RECIPE_KEY as their label. The images are
# written as an archive and loaded: no builder, no container, no registry takes part.
set -Eeuo pipefail

archive=$CACHE/work/archive
app_root=$CACHE/work/app-root

# Paths that OpenHands expects in its images, laid into the shared root file system.
lay_out() {
    local site=$VENV/lib launcher=/openhands/micromamba/bin/micromamba
    site=$(cd "$ROOTFS" && echo ".$site"/python3.*/site-packages)
    site=${site#.}
    mkdir -p "$ROOTFS"/{app,.openhands,workspace,opt/workspace_base} \
        "$ROOTFS"/openhands/{code,logs,workspace,micromamba/bin}
    ln -sfn "$site/openhands" "$ROOTFS/openhands/code/openhands"
    [ ! -d "$ROOTFS$site/microagents" ] || ln -sfn "$site/microagents" "$ROOTFS/openhands/code/microagents"
    ln -sfn "$VENV" "$ROOTFS/app/.venv"
    install -m 0755 "$RECIPE_DIR/files/sandbox-env" "$ROOTFS$launcher"
    ln -sfn "$launcher" "$ROOTFS/usr/local/bin/poetry"
    ln -sfn "$launcher" "$ROOTFS$VENV/bin/poetry"
    chown 1000:1000 "$ROOTFS"/openhands/{logs,workspace} "$ROOTFS/workspace"
    chmod 2777 "$ROOTFS/openhands/workspace"
}

# What the app has on top: its entry point, and the account `openhands` moved away from uid 1000,
# which a caller is likely to ask for.
lay_out_app() {
    mkdir -p "$app_root"/{app,etc,home}
    install -m 0755 "$RECIPE_DIR/files/app-entrypoint" "$app_root/app/entrypoint.sh"
    sed 's/^openhands:x:1000:1000:/openhands:x:42420:42420:/' "$ROOTFS/etc/passwd" >"$app_root/etc/passwd"
    sed 's/^openhands:x:1000:/openhands:x:42420:/' "$ROOTFS/etc/group" >"$app_root/etc/group"
    cp -a "$ROOTFS/home/openhands" "$app_root/home/"
    chown -R 42420:42420 "$app_root/home/openhands"
}

# Packs a directory as a layer of the archive and prints the digest of it.
pack() {
    tar -C "$1" --numeric-owner --sort=name --exclude='./proc/*' --exclude='./sys/*' --exclude='./dev/*' \
        --exclude='./tmp/*' -cf - . | tee "$archive/$2" | sha256sum | sed 's/^\([0-9a-f]*\).*/"sha256:\1"/'
}

# Fills in the image description NAME.json; the second argument is its list of layers.
describe() {
    local arch
    arch=$(chroot "$ROOTFS" dpkg --print-architecture)
    sed -e "s|@ARCH@|${arch/armhf/arm}|" -e "s|@CREATED@|$(date -u +%Y-%m-%dT%H:%M:%SZ)|" \
        -e "s|@RECIPE@|$RECIPE_KEY|" -e "s|@LAYERS@|$2|" "$RECIPE_DIR/files/$1.json" >"$archive/$1.json"
}

# Ids of the images that this recipe built before; they lose their tags to the new ones.
replaced() {
    docker image inspect --format '{{if index .Config.Labels "deckhands.recipe"}}{{.Id}}{{end}}' \
        "$APP_TAG" "$SANDBOX_TAG" 2>/dev/null | sort -u || true
}

# Frees their layer; an image that a container or another tag still uses stays.
remove_replaced() {
    local id
    for id in $1; do
        case $(docker image inspect --format '{{.RepoTags}}' "$id" 2>/dev/null) in
        "[]") docker image rm "$id" || true ;;
        esac
    done
}

rm -rf --one-file-system "$CACHE/work"
mkdir -p "$archive" "$app_root"
old=$(replaced)
lay_out
lay_out_app
shared=$(pack "$ROOTFS" shared.tar)
own=$(pack "$app_root" app.tar)
describe sandbox "$shared"
describe app "$shared, $own"
cat >"$archive/manifest.json" <<END
[{"Config": "sandbox.json", "RepoTags": ["$SANDBOX_TAG"], "Layers": ["shared.tar"]},
 {"Config": "app.json", "RepoTags": ["$APP_TAG"], "Layers": ["shared.tar", "app.tar"]}]
END
tar -C "$archive" -cf - manifest.json sandbox.json app.json shared.tar app.tar | docker load
remove_replaced "$old"
rm -rf --one-file-system "$CACHE/work"
