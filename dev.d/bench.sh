# Benchmarks: C programs bench_* and scripts tests/bench/bench-*.mjs print JSON lines; together they are build/bench.json.

# bench_run NAME COMMAND...: one benchmark in an empty folder, which is its last argument.
bench_run() {
    local name=$1 work=$BUILD/bench-work
    shift
    say "measuring $name"
    rm -rf "$work" && mkdir -p "$work"
    "$@" "$work" >>"$BUILD/bench.lines" || fail "the benchmark $name broke off"
    rm -rf "$work"
}

dev_bench() {
    local program
    packages_for build cross run bench node
    build_need linux-release mingw-x64
    npm_install tests/bench
    : >"$BUILD/bench.lines"
    for program in "$BUILD"/linux-release/bin/bench_*; do
        bench_run "$(basename "$program")" "$program"
    done
    for program in tests/bench/bench-*.mjs; do
        bench_run "$(basename "$program" .mjs)" node "$program" "$BUILD/linux-release"
    done
    node tests/bench/table.mjs "$BUILD/bench.lines" "$BUILD/bench.json"
    say "written to build/bench.json"
}
