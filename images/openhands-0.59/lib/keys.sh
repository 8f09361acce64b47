# Which stage is stale: a key is a hash over everything that a stage's result depends on.
# shellcheck shell=bash

RECIPE_LABEL=deckhands.recipe

hash_of() { sha256sum | cut -c1-16; }

# A file without its comment lines, so that rewording one rebuilds nothing.
code_of() { sed -e '/^[[:space:]]*#/d' -e '/^[[:space:]]*$/d' -- "$@"; }

# Each key holds the key of the stage before it.
key_of() {
    local dir=$RECIPE_DIR
    case $1 in
    debian) { echo "$SUITE $DEBS $(uname -m)" && code_of "$dir/stages/debian.sh"; } | hash_of ;;
    wheels) { key_of debian && code_of "$dir/stages/wheels.sh" "$dir/lib/chroot.sh" "$dir/constraints.txt"; } | hash_of ;;
    venv) { key_of wheels && code_of "$dir/stages/venv.sh"; } | hash_of ;;
    images) { key_of venv && code_of "$dir/stages/images.sh" && cat "$dir"/files/*; } | hash_of ;;
    esac
}

stage_current() {
    if [ "$1" = images ]; then
        [ "$(image_state "$APP_TAG")" = current ] && [ "$(image_state "$SANDBOX_TAG")" = current ]
        return
    fi
    [ "$(cat "$CACHE/stamps/$1" 2>/dev/null)" = "$2" ]
}

# current, stale, foreign (not built by this recipe) or missing. The image itself carries its key,
# so it stays current when the cache is gone.
image_state() {
    local key
    key=$(docker image inspect --format "{{index .Config.Labels \"$RECIPE_LABEL\"}}" "$1" 2>/dev/null) || {
        echo missing
        return
    }
    case $key in
    "" | "<no value>") echo foreign ;;
    "$(key_of images)") echo current ;;
    *) echo stale ;;
    esac
}

# Images that came from a registry serve as well as built ones.
images_usable() {
    local tag
    for tag in "$APP_TAG" "$SANDBOX_TAG"; do
        case $(image_state "$tag") in
        missing | stale) return 1 ;;
        esac
    done
}

refuse_foreign_images() {
    local tag
    for tag in "$APP_TAG" "$SANDBOX_TAG"; do
        [ "$(image_state "$tag")" != foreign ] ||
            fail "image $tag was not built by this recipe" "use it as it is, or replace it with --force"
    done
}
