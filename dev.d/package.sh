# What goes out: an archive per system, as cmake --install lays it out, with checksums beside it.

package_version() {
    sed -nE 's/^project\(salvor VERSION ([0-9.]+).*/\1/p' CMakeLists.txt
}

# package_stage PRESET NAME: installs into build/package/NAME.
package_stage() {
    rm -rf "$BUILD/package/${2:?}"
    step "package-$1" cmake --install "$BUILD/$1" --prefix "$BUILD/package/$2" || fail "$1 could not be installed into build/package"
}

# package_licences NAME FILE...: the terms of what is linked in; each FILE is LABEL=PATH.
package_licences() {
    local dir=$BUILD/package/$1/share/salvor/licences file
    shift
    mkdir -p "$dir"
    for file in "$@"; do
        cp "${file#*=}" "$dir/${file%%=*}.txt"
    done
}

# Same input, same archive: names sorted, times those of the commit.
package_time() {
    git log -1 --format=%ct 2>/dev/null || stat -c %Y CMakeLists.txt
}

package_tar() {
    tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(package_time)" -C "$BUILD/package" -czf "$BUILD/package/$1.tar.gz" "$1"
}

package_zip() {
    find "$BUILD/package/$1" -exec touch -d "@$(package_time)" {} +
    (cd "$BUILD/package" && rm -f "$1.zip" && find "$1" -type f | LC_ALL=C sort | zip -q -X "$1.zip" -@)
}

dev_package() {
    local version linux windows
    packages_for package
    npm_install server/web
    build_need linux-release mingw-x64
    version=$(package_version) linux=salvor-$version-linux-$(uname -m) windows=salvor-$version-windows-x64
    mkdir -p "$BUILD/package"
    say "packing $linux and $windows"
    package_stage linux-release "$linux"
    package_stage mingw-x64 "$windows"
    package_licences "$linux" preact=server/web/node_modules/preact/LICENSE
    package_licences "$windows" curl=/usr/share/doc/libcurl4-openssl-dev/copyright zlib=/usr/share/doc/libz-mingw-w64-dev/copyright \
        mingw-w64=/usr/share/doc/mingw-w64-x86-64-dev/copyright gcc-runtime=/usr/share/doc/gcc-mingw-w64-base/copyright
    package_tar "$linux"
    package_zip "$windows"
    (cd "$BUILD/package" && sha256sum "$linux.tar.gz" "$windows.zip" | tee SHA256SUMS)
}
