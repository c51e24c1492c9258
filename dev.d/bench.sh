# Benchmarks: each program tests/bench/bench-* prints JSON lines {name, ours, theirs, ratio, n, spread, unit}; together they are
# build/bench.json.

dev_bench() {
    local program lines=$BUILD/bench.lines
    packages_for build run node
    build_need linux-release
    : >"$lines"
    for program in "$ROOT"/tests/bench/bench-*; do
        say "measuring $(basename "$program" | sed 's/^bench-//; s/\..*//')"
        "$program" "$BUILD/linux-release" >>"$lines" || fail "$(basename "$program") broke off"
    done
    node "$ROOT/tests/bench/table.mjs" "$lines" "$BUILD/bench.json"
    say "written to build/bench.json"
}
