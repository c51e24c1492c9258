# Messages and logged steps. Everything long-winded goes to build/log/, what a person reads stays one line per step.

say() {
    printf 'dev: %s\n' "$*"
}

warn() {
    printf 'dev: warning: %s\n' "$*" >&2
}

fail() {
    printf 'dev: error: %s\n' "$*" >&2
    exit 1
}

# step NAME COMMAND...: runs the command with its output in build/log/NAME.log; when it fails, shows the end of that log.
step() {
    local name=$1 log="$BUILD/log/$1.log"
    shift
    mkdir -p "$BUILD/log"
    if "$@" >"$log" 2>&1; then
        return 0
    fi
    tail -n 60 "$log" >&2
    printf 'dev: error: %s failed: the whole output is in %s\n' "$name" "${log#"$ROOT"/}" >&2
    return 1
}

# hash_of FILE...: one checksum over names and contents, the same wherever the tree stands.
hash_of() {
    (cd "$ROOT" && sha256sum -- "$@" | sha256sum | cut -d' ' -f1)
}

# now_ms: milliseconds since 1970, for elapsed times.
now_ms() {
    date +%s%3N
}
