# Building: the web pages' bundle, then each preset with ninja. Every part is skipped when nothing it rests on has changed.

BUILD_PRESETS="linux-release linux-asan mingw-x64 mingw-x86"

# npm_install DIR: the locked packages of one folder, once per lock file.
npm_install() {
    local dir=$1 stamp key
    packages_for node
    stamp=$ROOT/$dir/node_modules/.salvor-stamp
    key=$(hash_of "$dir/package.json" "$dir/package-lock.json")
    [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && return 0
    say "installing the npm packages of $dir"
    step "npm-${dir//\//-}" npm --prefix "$ROOT/$dir" ci --no-audit --no-fund --loglevel=error ||
        fail "the npm packages of $dir could not be installed: check the network and npm's configuration"
    echo "$key" >"$stamp"
}

web_inputs() {
    find server/web -name node_modules -prune -o -path server/web/dist -prune -o -type f -print | LC_ALL=C sort
}

build_web() {
    local key stamp=$BUILD/web.stamp files
    mapfile -t files < <(web_inputs)
    key=$(hash_of "${files[@]}")
    [ -f server/web/dist/index.html ] && [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && return 0
    npm_install server/web
    say "bundling the web pages"
    step web npm --prefix "$ROOT/server/web" run --silent build || fail "the web pages could not be bundled"
    mkdir -p "$BUILD" && echo "$key" >"$stamp"
}

# CMake follows its own files; the presets and toolchains are followed here.
build_configure() {
    local preset=$1 stamp=$BUILD/$1/.configured key
    key=$(hash_of CMakePresets.json cmake/mingw-common.cmake cmake/mingw-x64.cmake cmake/mingw-x86.cmake)
    [ -f "$BUILD/$preset/build.ninja" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && return 0
    say "configuring $preset"
    step "configure-$preset" cmake --preset "$preset" || fail "$preset could not be configured"
    echo "$key" >"$stamp"
}

build_preset() {
    local preset=$1
    case " $BUILD_PRESETS " in
    *" $preset "*) ;;
    *) fail "there is no preset $preset here: use one of $BUILD_PRESETS, or web" ;;
    esac
    build_configure "$preset"
    say "building $preset"
    step "build-$preset" cmake --build "$BUILD/$preset" --parallel "$(nproc)" -- --quiet || fail "$preset could not be built"
}

# build_need PRESET...: these presets and what they stand on, as far as it is missing.
build_need() {
    local preset
    case "$*" in
    *mingw*) deps_need ;;
    *) packages_for build ;;
    esac
    case "$*" in
    *linux*) build_web ;;
    esac
    for preset in "$@"; do
        build_preset "$preset"
    done
}

dev_build() {
    local presets
    read -ra presets <<<"$BUILD_PRESETS"
    if [ "${1:-}" = web ]; then
        build_web
        return
    fi
    [ $# -gt 0 ] && presets=("$@")
    build_need "${presets[@]}"
    say "the programs are in build/PRESET/bin"
}
