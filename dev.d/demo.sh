# The demonstration: everything is built, then tests/e2e/demo.mjs runs the whole chain. The end-to-end test runs the same script.

dev_demo() {
    local args=()
    case ${1:-} in
    --once) args=(--once) ;;
    "") ;;
    *) fail "demo takes --once or nothing, not $1" ;;
    esac
    packages_for build cross run node
    [ ${#args[@]} -eq 0 ] || npm_install tests/web
    build_need linux-release mingw-x64
    exec node tests/e2e/demo.mjs ${args[@]+"${args[@]}"} --server "$BUILD/linux-release/bin/salvor-server" \
        --windows "$BUILD/mingw-x64/bin" --work "$BUILD/demo" --listen "${SALVOR_DEMO_LISTEN:-127.0.0.1:0}"
}
