# Fuzzing: every target of tests/fuzz for its share of the minutes, with libFuzzer and the sanitizers. A line per target, as
# docs/tested.md holds them, goes to build/fuzz-results.md.

FUZZ_BUILD=build/fuzz

dev_fuzz() {
    local minutes=${1:-5} targets target seconds
    [[ $minutes =~ ^[1-9][0-9]*$ ]] || fail "fuzz takes a number of minutes, not $minutes"
    [ -f tests/fuzz/CMakeLists.txt ] || fail "there is no fuzz target yet: tests/fuzz has none"
    packages_for build
    packages_need clang libclang-rt-14-dev
    build_web # the server, which a target links, holds the pages
    say "building the fuzz targets"
    step configure-fuzz cmake -S . -B "$FUZZ_BUILD" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DSALVOR_FUZZ=ON -DSALVOR_WERROR=OFF -DSALVOR_SANITIZE=address,undefined -DCMAKE_C_FLAGS=-fsanitize=fuzzer-no-link || fail "the fuzz targets could not be configured"
    step build-fuzz cmake --build "$FUZZ_BUILD" --target salvor_fuzz --parallel "$(nproc)" || fail "the fuzz targets could not be built"
    mapfile -t targets < <(find "$FUZZ_BUILD/bin" -name 'fuzz_*' -type f -perm -u+x | sort)
    [ ${#targets[@]} -gt 0 ] || fail "there is no fuzz target in $FUZZ_BUILD/bin"
    seconds=$((minutes * 60 / ${#targets[@]}))
    printf '| target | executions | edges | inputs kept |\n|---|---|---|---|\n' >"$BUILD/fuzz-results.md"
    for target in "${targets[@]}"; do
        fuzz_one "$target" "$seconds"
    done
    say "no target failed; build/fuzz-results.md has the counts"
}

fuzz_one() {
    local name corpus
    name=$(basename "$1")
    corpus=("$BUILD/corpus/$name")
    mkdir -p "${corpus[0]}" "$BUILD/fuzz-failures"
    [ -d "tests/fuzz/corpus/$name" ] && corpus+=("tests/fuzz/corpus/$name")
    say "fuzzing $name for $2 s"
    step "$name" "$1" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$BUILD/fuzz-failures/$name-" "${corpus[@]}" ||
        fail "$name found an input that breaks it: it is in build/fuzz-failures; make it a test"
    fuzz_line "$name" "$BUILD/log/$name.log" >>"$BUILD/fuzz-results.md"
}

# fuzz_line NAME LOG: what libFuzzer says at its end, as a row of a table.
fuzz_line() {
    awk -v name="$1" '
        / cov: / { for (i = 1; i < NF; i++) { if ($i == "cov:") edges = $(i + 1); if ($i == "corp:") split($(i + 1), kept, "/") } }
        /^stat::number_of_executed_units:/ { runs = $2 }
        END { printf "| %s | %d | %d | %d |\n", name, runs, edges, kept[1] }' "$2"
}
