# Shared by the checks: each prints findings as file:line: what is wrong and what to do, and ends with 1 when there was one.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT"
FINDINGS=0

# Exit code that ctest counts as skipped.
readonly SKIPPED=77

found() {
    printf '%s\n' "$*"
    FINDINGS=$((FINDINGS + 1))
}

# Takes findings from a pipe, one a line.
found_lines() {
    local line
    while IFS= read -r line; do
        found "$line"
    done
}

finish() {
    [ "$FINDINGS" -eq 0 ] && exit 0
    printf '%s: %d finding(s)\n' "$(basename "$0")" "$FINDINGS" >&2
    exit 1
}

skip() {
    printf 'skipped: %s\n' "$*" >&2
    exit $SKIPPED
}

# files PATTERN...: the project's own files that exist and match, whether committed yet or not.
files() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git -c core.quotepath=off ls-files --cached --others --exclude-standard --deduplicate -- "$@" | existing
    else
        local pattern
        for pattern in "$@"; do
            find . \( -name node_modules -o -path ./build -o -path ./.cache \) -prune -o -type f -path "./$pattern" -print | sed 's,^\./,,'
        done
    fi
}

existing() {
    local file
    while IFS= read -r file; do
        [ -f "$file" ] && printf '%s\n' "$file"
    done
    return 0
}

# code_only FILE: "LINE<tab>TEXT" for each line, with comments and the inside of string literals taken out.
code_only() {
    awk '
        {
            text = ""; line = $0
            while (line != "") {
                if (comment) {
                    at = index(line, "*/")
                    if (!at) { line = ""; break }
                    line = substr(line, at + 2); comment = 0
                } else if (match(line, /\/\*|\/\/|"|\047/)) {
                    text = text substr(line, 1, RSTART - 1)
                    mark = substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH)
                    if (mark == "//") { line = "" }
                    else if (mark == "/*") { comment = 1 }
                    else if (match(line, mark == "\"" ? /^([^"\\]|\\.)*"/ : /^([^\047\\]|\\.)*\047/)) {
                        text = text mark mark; line = substr(line, RLENGTH + 1)
                    }
                } else { text = text line; line = "" }
            }
            print FNR "\t" text
        }' "$1"
}
