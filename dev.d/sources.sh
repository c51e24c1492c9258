# Debian source packages, without naming a mirror and without touching the machine's configuration: the sources that the
# machine already uses are copied as deb-src into a private folder, with a private apt state beside it.

# The addresses of the configured repositories that call themselves Debian's, as apt itself reads its files.
sources_debian_uris() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | sed 's,/*$,,' | sort -u
}

# deb822 stanzas with one of the wanted addresses, as deb-src. Arguments: file of addresses, then *.sources files.
sources_convert_deb822() {
    awk -v wanted_file="$1" '
        BEGIN { while ((getline line < wanted_file) > 0) wanted[line] = 1 }
        function flush_stanza() { if (keep && !disabled && binary) printf "%s\n", stanza; stanza = ""; keep = disabled = binary = 0 }
        FNR == 1 { flush_stanza() }
        /^[ \t]*$/ { flush_stanza(); next }
        /^#/ { next }
        /^[^ \t]/ { field = tolower($1); sub(/:.*/, "", field) }
        field == "types" { if ($0 ~ /(^|[ \t:])deb([ \t]|$)/) binary = 1; $0 = "Types: deb-src" }
        field == "enabled" && tolower($2) == "no" { disabled = 1 }
        field == "uris" { for (i = 1; i <= NF; i++) { uri = $i; sub(/\/+$/, "", uri); if (uri in wanted) keep = 1 } }
        field == "architectures" { next }
        { stanza = stanza $0 "\n" }
        END { flush_stanza() }
    ' "${@:2}"
}

# The same for one-line files: "deb [options] address suite components".
sources_convert_lines() {
    awk -v wanted_file="$1" '
        BEGIN { while ((getline line < wanted_file) > 0) wanted[line] = 1 }
        $1 != "deb" { next }
        { keep = 0; for (i = 2; i <= NF; i++) { uri = $i; sub(/\/+$/, "", uri); if (uri in wanted) keep = 1 } }
        keep { sub(/^[ \t]*deb[ \t]/, "deb-src "); print }
    ' "${@:2}"
}

# sources_prepare DIR: writes the private configuration and reads the source lists into it.
sources_prepare() {
    local dir=$1 files
    mkdir -p "$dir/parts" "$dir/lists/partial" "$dir/cache/archives/partial"
    sources_debian_uris >"$dir/uris"
    if [ ! -s "$dir/uris" ]; then
        packages_check_tools dpkg-dev
        packages_update
        sources_debian_uris >"$dir/uris"
    fi
    [ -s "$dir/uris" ] || fail "no Debian repository is configured: /etc/apt/sources.list.d must name one to fetch sources from"
    mapfile -t files < <(find /etc/apt/sources.list.d -name '*.sources' | LC_ALL=C sort)
    sources_convert_deb822 "$dir/uris" /dev/null "${files[@]}" >"$dir/parts/debian.sources"
    mapfile -t files < <(find /etc/apt/sources.list /etc/apt/sources.list.d -name '*.list' 2>/dev/null | LC_ALL=C sort)
    sources_convert_lines "$dir/uris" /dev/null "${files[@]}" >"$dir/parts/debian.list"
    say "reading the source package lists"
    step apt-sources sources_apt "$dir" update || fail "the source package lists could not be read: check the network"
}

# sources_apt DIR ARGS...: apt-get with that private configuration; keys and proxies stay the machine's.
sources_apt() {
    local dir=$1
    shift
    apt-get -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$dir/parts" -o Dir::State::lists="$dir/lists" \
        -o Dir::Cache="$dir/cache" -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none "$@"
}

# sources_fetch DIR PACKAGE VERSION OUT: downloads that version (apt checks signature and checksums) and unpacks it to OUT.
sources_fetch() {
    local dir=$1 package=$2 version=$3 out=$4
    mkdir -p "$dir/download"
    (cd "$dir/download" && sources_apt "$dir" source --download-only "$package=$version") &&
        rm -rf "$out" &&
        dpkg-source -x "$dir/download/${package}_${version#*:}.dsc" "$out"
}
