# What reviewers should not have to look for. Each check is a script in tests/check that also runs with the tests; clang-tidy is the
# slow one and runs here only.

check_run() {
    local name=$1 status=0
    shift
    say "checking $name"
    "$ROOT/tests/check/$name" "$@" || status=$?
    case $status in
    0) ;;
    77) CHECK_SKIPPED="$CHECK_SKIPPED $name" ;;
    *) CHECK_FAILED="$CHECK_FAILED $name" ;;
    esac
}

dev_check() {
    local name
    packages_for build cross check
    CHECK_FAILED="" CHECK_SKIPPED=""
    for name in format includes banned names rust shell skips sizes matrix; do
        check_run "$name"
    done
    build_need linux-release mingw-x64
    check_run imports build/mingw-x64
    check_run symbols build/mingw-x64
    check_run tidy build/linux-release build/mingw-x64
    [ -z "$CHECK_SKIPPED" ] || say "could not be run here:$CHECK_SKIPPED"
    [ -z "$CHECK_FAILED" ] || fail "findings in:$CHECK_FAILED"
    say "clean"
}

dev_fmt() {
    packages_for check
    git ls-files -z --cached --others --exclude-standard -- '*.c' '*.h' ':!veh/salvor.h' | xargs -0 clang-format -i
    say "the C files are laid out"
}
