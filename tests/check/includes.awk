# First input: the files that exist. Second: "file:line:directive". Prints findings.
BEGIN {
    all = "lib/base lib/proto lib/spool lib/writer lib/minidump lib/symbols lib/unwind lib/signature"
    allow("lib/base", "")
    allow("lib/proto", "lib/base")
    allow("lib/spool", "lib/base lib/proto")
    allow("lib/writer", "lib/base lib/proto")
    allow("lib/minidump", "lib/base lib/proto")
    allow("lib/symbols", "lib/base lib/proto")
    allow("lib/signature", "lib/base lib/proto")
    allow("lib/unwind", "lib/base lib/proto lib/minidump lib/symbols")
    allow("veh", "lib/base lib/proto lib/spool lib/writer")
    allow("wer", "lib/base lib/proto lib/spool lib/writer")
    allow("collector", all)
    allow("uploader", all)
    allow("server", all)

    windows = "^(windows|winsock2|ws2tcpip|dbghelp|tlhelp32|werapi|psapi|aclapi|sddl|shlobj|winternl|winreg|winsvc|ntstatus|process|io|direct|tchar)[.]h$"
    posix = "^(unistd|pthread|dirent|fcntl|poll|pwd|dlfcn|spawn|sys/(stat|types|wait|mman|socket|time|file|resource|random|syscall|inotify))[.]h$"
    systems = "(^|[^A-Za-z0-9_])(_WIN32|WIN32|__linux__|__unix__|__MINGW32__)($|[^A-Za-z0-9_])"
}

function allow(folder, names,    list, i, n)
{
    known[folder] = 1
    n = split(names, list, " ")
    for (i = 1; i <= n; i++)
        may[folder, list[i]] = 1
}

# lib/X, or the product.
function folder_of(file,    part)
{
    split(file, part, "/")
    return part[1] == "lib" ? part[1] "/" part[2] : part[1]
}

# The path without its "x/../" pieces.
function plain(path)
{
    while (match(path, /[^\/]+\/\.\.\//))
        path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
    return path
}

# The file that a quoted include names; nothing for one that the build makes.
function resolve(file, name,    dirs, n, i, dir, path)
{
    dir = file
    sub(/\/[^\/]*$/, "", dir)
    n = split(dir "|lib|" substr(file, 1, index(file, "/") - 1) "|veh", dirs, "|")
    for (i = 1; i <= n; i++) {
        path = plain(dirs[i] "/" name)
        if (path in exists)
            return path
    }
    return name in exists ? name : ""
}

function found(text)
{
    print file ":" line ": " text
}

function check_arrow(name,    from, to, target)
{
    from = folder_of(file)
    target = resolve(file, name)
    if (target == "" || target == "veh/salvor.h" || !(from in known))
        return
    seen[file] = seen[file] line SUBSEP target "\n"
    to = folder_of(target)
    # The client library carries the monitor for programs that call salvor_monitor_main: this file is the seam.
    if (from == to || (from, to) in may || (file == "veh/monitor_main.c" && to == "collector"))
        return
    found(from " must not include " to " (" name "): move what both need into lib/proto or lib/base")
}

function check_system(name)
{
    if (name ~ windows && file !~ /^(veh|wer|lib\/writer|tests|docs\/examples)\/|\/win\/|^lib\/base\/[^\/]*[.]c$/)
        found("Windows header <" name "> outside win/, veh, wer, lib/writer: move the code into a file under win/")
    if (name ~ posix && file !~ /^(server|tests)\/|\/posix\/|^lib\/base\/[^\/]*[.]c$/)
        found("POSIX header <" name "> outside posix/ and server: move the code into a file under posix/")
}

# The crash path sees lib/proto and the client's own headers, and those see nothing else either.
function check_crash_path(from,    rows, n, i, part)
{
    if (from in walked)
        return
    walked[from] = 1
    n = split(seen[from], rows, "\n")
    for (i = 1; i <= n; i++) {
        if (rows[i] == "")
            continue
        split(rows[i], part, SUBSEP)
        if (part[2] ~ /^veh\//)
            check_crash_path(part[2])
        else if (part[2] !~ /^lib\/proto\//)
            print from ":" part[1] ": the crash path must see lib/proto only, not " part[2] ": prepare it at install"
    }
}

FNR == NR { exists[$0] = 1; next }
{
    file = $0; sub(/:.*/, "", file)
    rest = substr($0, length(file) + 2)
    line = rest; sub(/:.*/, "", line)
    text = substr(rest, length(line) + 2)
    if (match(text, /include[ \t]*"[^"]+"/)) {
        split(text, part, "\"")
        check_arrow(part[2])
    } else if (match(text, /include[ \t]*<[^>]+>/)) {
        split(text, part, /[<>]/)
        check_system(part[2])
    } else if (text ~ systems && file !~ /^(lib\/base|tests)\// && file != "veh/salvor.h") {
        found("asks for the operating system outside lib/base: choose by file (win/, posix/) in CMake")
    }
}
END { check_crash_path("veh/capture.c") }
