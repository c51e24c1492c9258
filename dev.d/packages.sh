# What the machine must have. Packages are named as Debian 12 names them; only what is missing is installed.

PACKAGES_BUILD="gcc libc6-dev make cmake ninja-build pkg-config git
    libcurl4-openssl-dev zlib1g-dev libmicrohttpd-dev libsqlite3-dev libsodium-dev libjansson-dev libpcre2-dev libzip-dev libmspack-dev libcmocka-dev
    libunicorn-dev clang lld llvm"
PACKAGES_CROSS="gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 g++-mingw-w64-x86-64 g++-mingw-w64-i686 libz-mingw-w64-dev dpkg-dev xz-utils"
PACKAGES_RUN="g++ wine wine64 curl ca-certificates chromium"
PACKAGES_CHECK="clang-format clang-tidy shellcheck binutils"
PACKAGES_PACKAGE="zip"
PACKAGES_BENCH="curl gzip"

package_is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n true 2>/dev/null || say "asking for your password: installing packages needs root"
        sudo "$@"
    fi
}

# Node.js may come from elsewhere than Debian; version 18 or later serves.
node_is_usable() {
    local version
    command -v npm >/dev/null && version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    [ "${version%%.*}" -ge 18 ]
}

packages_update() {
    [ -n "${PACKAGES_UPDATED:-}" ] && return 0
    say "reading the package lists"
    step apt-update as_root apt-get update || fail "apt-get update failed: check the network and /etc/apt/sources.list.d"
    PACKAGES_UPDATED=1
}

packages_check_tools() {
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
        fail "apt-get was not found: ./dev installs what it needs on Debian 12 only; elsewhere follow docs/building.md"
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
        fail "packages are missing and this is neither root nor is sudo there: as root, run apt-get install $*"
}

packages_explain_failure() {
    local package missing=""
    for package in "$@"; do
        package_is_installed "$package" || missing="$missing $package"
    done
    fail "these packages could not be installed:$missing (see build/log/apt-install.log)"
}

# packages_need NAME...: installs those that are missing.
packages_need() {
    local package missing=()
    for package in "$@"; do
        package_is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    packages_check_tools "${missing[@]}"
    packages_update
    for package in "${missing[@]}"; do
        [ -n "$(apt-cache madison "$package" 2>/dev/null)" ] ||
            fail "package $package is not in this machine's package sources: add Debian 12's main component and run this again"
    done
    say "installing ${missing[*]}"
    step apt-install as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" ||
        packages_explain_failure "${missing[@]}"
}

# packages_for PART...: build, cross, run, check, package, bench, node.
packages_for() {
    local part names=()
    for part in "$@"; do
        case $part in
        build) read -ra list <<<"${PACKAGES_BUILD//$'\n'/ }" ;;
        cross) read -ra list <<<"$PACKAGES_CROSS" ;;
        run) read -ra list <<<"$PACKAGES_RUN" ;;
        check) read -ra list <<<"$PACKAGES_CHECK" ;;
        package) read -ra list <<<"$PACKAGES_PACKAGE" ;;
        bench) read -ra list <<<"$PACKAGES_BENCH" ;;
        node) list=() && { node_is_usable || list=(nodejs npm); } ;;
        *) fail "no package list is called $part" ;;
        esac
        names+=(${list[@]+"${list[@]}"})
    done
    packages_need "${names[@]}"
}
