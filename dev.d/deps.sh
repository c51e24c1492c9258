# Libraries for the cross builds that Debian has no mingw package of: libcurl (Schannel, zlib, HTTP only) and cmocka, both
# static, built once from Debian's own source packages into .cache/deps/{x64,x86}.

DEPS_ARCHES="x64 x86"

deps_toolchain_prefix() {
    case $1 in
    x64) echo x86_64-w64-mingw32 ;;
    x86) echo i686-w64-mingw32 ;;
    esac
}

# The source version behind an installed binary package: what the Linux builds use, the cross builds use as well.
deps_source_version() {
    dpkg-query -W -f='${source:Version}' "$1"
}

# All that decides what comes out: the versions, the compilers, and this recipe.
deps_key() {
    {
        deps_source_version libcurl4-openssl-dev
        deps_source_version libcmocka-dev
        dpkg-query -W -f='${Package} ${Version}\n' gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 libz-mingw-w64-dev
        hash_of dev.d/deps.sh dev.d/sources.sh cmake/mingw-common.cmake cmake/mingw-x64.cmake cmake/mingw-x86.cmake
    } | sha256sum | cut -d' ' -f1
}

# deps_cmake SOURCE BUILD ARCH OPTIONS...: configures, builds and installs one library into the new deps folder.
deps_cmake() {
    local source=$1 build=$2 arch=$3
    shift 3
    rm -rf "$build" &&
        cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE="$ROOT/cmake/mingw-$arch.cmake" \
        -DSALVOR_DEPS="$DEPS_NEW/$arch" -DCMAKE_INSTALL_PREFIX="$DEPS_NEW/$arch" -DCMAKE_INSTALL_LIBDIR=lib \
        -DCMAKE_C_FLAGS="-D_WIN32_WINNT=0x0603 -ffile-prefix-map=$DEPS_WORK=." -DBUILD_SHARED_LIBS=OFF "$@" &&
        cmake --build "$build" --parallel "$(nproc)" &&
        cmake --install "$build"
}

# zlib comes from Debian's mingw package; a copy here makes the folder complete and keeps the import library out of the way.
deps_copy_zlib() {
    local arch=$1 from
    from=/usr/$(deps_toolchain_prefix "$arch")
    mkdir -p "$DEPS_NEW/$arch/include" "$DEPS_NEW/$arch/lib"
    cp "$from/include/zlib.h" "$from/include/zconf.h" "$DEPS_NEW/$arch/include/"
    cp "$from/lib/libz.a" "$DEPS_NEW/$arch/lib/"
}

deps_build_curl() {
    local arch=$1
    deps_cmake "$DEPS_WORK/curl" "$DEPS_WORK/curl-$arch" "$arch" \
        -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF -DENABLE_MANUAL=OFF -DHTTP_ONLY=ON -DCURL_STATIC_CRT=OFF \
        -DCURL_USE_SCHANNEL=ON -DCURL_USE_OPENSSL=OFF -DCURL_ZLIB=ON -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DUSE_NGHTTP2=OFF \
        -DCURL_USE_LIBSSH2=OFF -DCURL_USE_LIBPSL=OFF -DUSE_LIBIDN2=OFF -DUSE_WIN32_IDN=OFF -DENABLE_UNICODE=ON \
        -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none -DCURL_DISABLE_COOKIES=ON -DCURL_DISABLE_ALTSVC=ON -DCURL_DISABLE_HSTS=ON -DCURL_DISABLE_NETRC=ON \
        -DZLIB_INCLUDE_DIR="$DEPS_NEW/$arch/include" -DZLIB_LIBRARY="$DEPS_NEW/$arch/lib/libz.a" \
        -DZLIB_LIBRARY_RELEASE="$DEPS_NEW/$arch/lib/libz.a"
}

# Its build makes a DLL as well, whatever one asks for; only the static library stays.
deps_build_cmocka() {
    local arch=$1
    deps_cmake "$DEPS_WORK/cmocka" "$DEPS_WORK/cmocka-$arch" "$arch" -DWITH_STATIC_LIB=ON -DWITH_EXAMPLES=OFF \
        -DUNIT_TESTING=OFF &&
        (cd "$DEPS_NEW/$arch" && rm -rf bin lib/cmake/cmocka lib/pkgconfig/cmocka.pc lib/libcmocka.dll.a)
}

deps_fetch() {
    local dir=$DEPS_WORK/apt
    sources_prepare "$dir"
    say "fetching the sources of curl and cmocka"
    step deps-fetch deps_fetch_all "$dir" || fail "the source packages of curl and cmocka could not be fetched"
    (cd "$dir/download" && sha256sum -- * >"$DEPS_NEW/SOURCES.sha256")
}

deps_fetch_all() {
    sources_fetch "$1" curl "$(deps_source_version libcurl4-openssl-dev)" "$DEPS_WORK/curl" &&
        sources_fetch "$1" cmocka "$(deps_source_version libcmocka-dev)" "$DEPS_WORK/cmocka"
}

deps_build_arch() {
    local arch=$1
    say "cross-building libcurl and cmocka for $arch"
    deps_copy_zlib "$arch"
    step "deps-curl-$arch" deps_build_curl "$arch" || fail "libcurl could not be built for $arch"
    step "deps-cmocka-$arch" deps_build_cmocka "$arch" || fail "cmocka could not be built for $arch"
}

# Checksums over what stands in the folder: a half-copied or edited cache is built again.
deps_are_current() {
    [ "$(cat "$DEPS/KEY" 2>/dev/null)" = "$1" ] && (cd "$DEPS" && sha256sum --quiet --status -c CONTENT.sha256 2>/dev/null)
}

deps_build_all() {
    local arch
    rm -rf "$DEPS_WORK" "$DEPS_NEW"
    mkdir -p "$DEPS_WORK" "$DEPS_NEW"
    deps_fetch
    for arch in $DEPS_ARCHES; do
        deps_build_arch "$arch"
    done
    (cd "$DEPS_NEW" && find . -type f ! -name CONTENT.sha256 -print0 | sort -z | xargs -0 sha256sum >CONTENT.sha256)
    echo "$1" >"$DEPS_NEW/KEY"
    rm -rf "$DEPS" "$DEPS_WORK"
    mv "$DEPS_NEW" "$DEPS"
}

deps_need() {
    local key
    packages_for build cross
    DEPS=$ROOT/.cache/deps DEPS_NEW=$ROOT/.cache/deps.new DEPS_WORK=$ROOT/.cache/deps.work
    key=$(deps_key)
    deps_are_current "$key" && return 0
    mkdir -p "$ROOT/.cache"
    (
        flock 9
        deps_are_current "$key" || deps_build_all "$key"
    ) 9>"$ROOT/.cache/deps.lock"
}
