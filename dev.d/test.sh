# The whole suite: every preset is built, the native tests run under the sanitizers and optimised, the Windows tests under Wine.

TEST_PRESETS="linux-asan linux-release mingw-x64"

# test_tally FILE: "total failed skipped" of a ctest run, from what ctest printed.
test_tally() {
    awk '
        /tests? failed out of [0-9]+/ { for (i = 1; i <= NF; i++) { if ($(i + 1) ~ /^tests?$/ && $(i + 2) == "failed") failed = $i; if ($i == "of") total = $(i + 1) } }
        /\*\*\*Skipped/ { skipped++ }
        END { printf "%d %d %d\n", total, failed, skipped }
    ' "$1"
}

# test_run PRESET ARGS...: one ctest run; adds to TEST_PASSED and TEST_FAILED.
test_run() {
    local preset=$1 out=$BUILD/results/$1.txt total failed skipped status=0 repeat=()
    shift
    # Wine now and then loses a start-up race of its own (a connection to its server, a console whose program is gone); once more tells.
    [[ $preset != mingw-* ]] || repeat=(--repeat until-pass:2)
    mkdir -p "$BUILD/results"
    say "testing $preset"
    ctest --test-dir "$BUILD/$preset" --output-on-failure --no-tests=error --parallel "$(nproc)" "${repeat[@]}" \
        --output-junit "$BUILD/results/$preset.xml" "$@" 2>&1 | tee "$out" || status=$?
    read -r total failed skipped < <(test_tally "$out")
    # A run that broke off without a count is a failure of its own.
    [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
    TEST_PASSED=$((TEST_PASSED + total - failed - skipped))
    TEST_FAILED=$((TEST_FAILED + failed))
    TEST_SKIPPED=$((TEST_SKIPPED + skipped))
}

test_prepare() {
    packages_for build cross run check node
    npm_install server/web
    npm_install tests/web
    npm_install tests/reader
    npm_install tests/clients
    build_need $BUILD_PRESETS
    say "preparing Wine"
    "$ROOT/tests/wine/run-wine" cmd /c exit || fail "Wine does not run here: see build/wineprefix.log"
}

# Ends the services of the tests' own Wine prefix; nobody else's.
test_stop_wine() {
    WINEPREFIX=${SALVOR_WINEPREFIX:-$BUILD/wineprefix} wineserver -k >/dev/null 2>&1 || true
}

# The row that docs/tested.md holds of a full run.
test_full_row() {
    printf '| %s | %s | %d | %d | %d | %d min |\n' "$(date -u +%F)" "$(git describe --always --dirty 2>/dev/null || echo unknown)" \
        "$TEST_PASSED" "$TEST_FAILED" "$TEST_SKIPPED" "$(($1 / 60))" >>"$BUILD/results/full.md"
    say "build/results/full.md has this run's row for docs/tested.md"
}

test_report() {
    local seconds=$1
    say "took $((seconds / 60)) min $((seconds % 60)) s; results are in build/results"
    [ "$TEST_SKIPPED" -eq 0 ] || say "$TEST_SKIPPED skipped: tests/README.md says why"
    [ "$TEST_PASSED" -ge 0 ] || TEST_PASSED=0
    echo "$TEST_PASSED passed, $TEST_FAILED failed"
    [ "$TEST_FAILED" -eq 0 ] && [ "$TEST_PASSED" -gt 0 ]
}

dev_test() {
    local preset started=$SECONDS args=(--label-exclude full)
    case ${1:-} in
    --full) args=() && export SALVOR_TEST_FULL=1 ;;
    "") ;;
    *) fail "test takes --full or nothing, not $1" ;;
    esac
    TEST_PASSED=0 TEST_FAILED=0 TEST_SKIPPED=0
    test_prepare
    trap test_stop_wine EXIT
    for preset in $TEST_PRESETS; do
        test_run "$preset" ${args[@]+"${args[@]}"}
    done
    [ -z "${SALVOR_TEST_FULL:-}" ] || test_full_row $((SECONDS - started))
    test_report $((SECONDS - started))
}
