# SPDX-License-Identifier: GPL-3.0-or-later
# What Pleat needs from the system, and the one way to install it. Sourced by app/run, tests/run and .ci/run;
# the names are Debian's (12 and later).

# Compiling and starting the two programs. qt6-wayland: a window of its own kind on a Wayland desktop.
build_packages=(
    g++ cmake ninja-build
    qt6-base-dev qt6-svg-dev qt6-wayland libgl1-mesa-dev
    libonnx-dev libprotobuf-dev protobuf-compiler
    libcli11-dev nlohmann-json3-dev libfmt-dev libexpected-dev libssl-dev zlib1g-dev
    libpng-dev libturbojpeg0-dev
)

# The library of ONNX Runtime, see app/onnxruntime.sh; the tests need it, the programs do without.
runtime_packages=(python3-venv ca-certificates)

# The slow tests: PyTorch exports real networks, Chromium opens the reports.
slow_test_packages=(python3-torch python3-torchvision chromium)

# Format and lint; the default clang-tidy of Debian 12 stumbles over std::views.
lint_packages=(clang-format clang-tidy-19)

# Fuzzing: libFuzzer and the sanitizers of a clang that knows C++20; llvm-19 puts names into their reports.
fuzz_packages=(clang-19 libclang-rt-19-dev llvm-19)

# missing_packages NAME...: prints those that are not installed, without asking apt.
missing_packages() {
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null) || true
    printf '%s\n' "$@" | grep -vxF -f <(sed -n 's/^installed //p' <<<"$installed") || true
}

# quietly COMMAND...: its output is shown only when it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || status=$?
    [ "$status" -eq 0 ] || cat "$log" >&2
    rm -f "$log"
    return "$status"
}

# with_signs_of_life NAME COMMAND...: a line a minute past what quietly() swallows, while the command runs.
with_signs_of_life() {
    local name=$1 status=0 ticker
    shift
    # The sleep outlives the ticker; it must not hold the terminal, or the pipe of whoever reads us, open.
    (while sleep 60 {voice}>&-; do echo "Still building $name ($((SECONDS / 60)) min)" >&"$voice"; done) >/dev/null 2>&1 &
    ticker=$!
    "$@" || status=$?
    kill "$ticker" 2>/dev/null
    wait "$ticker" 2>/dev/null || true
    return "$status"
}
exec {voice}>&2

# as_root COMMAND...: directly, or through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# install_packages NAME...: silent when nothing is missing. Where it cannot install, it says what is needed and
# succeeds: the libraries may be there under other names, and the build tells.
install_packages() {
    local missing
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        echo "There is no apt here. If the build fails, install what Debian calls: $*" >&2
        return 0
    fi
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        echo "Some packages are missing. Run this as root: apt-get install ${missing[*]}" >&2
        return 0
    fi
    echo "Installing ${missing[*]}"
    # sudo may ask for its password: that must be seen, so it happens before anything runs quietly.
    as_root true || return
    local options=(-o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
    quietly as_root apt-get "${options[@]}" update ||
        echo "apt-get update failed for some sources; going on with the lists that are there." >&2
    quietly as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get "${options[@]}" install -y --no-install-recommends "${missing[@]}"
}

# build_preset ROOT PRESET [CMAKE ARGUMENT...]: configures and builds into ROOT/build/PRESET. Progress shows on a
# terminal; elsewhere only a failure speaks. With CI set, warnings are errors; with build_target set, only that is built.
build_preset() {
    local root=$1 preset=$2 strict=OFF
    shift 2
    [ -z "${CI:-}" ] || strict=ON
    echo "Configuring $preset" >&2
    quietly cmake -S "$root" --preset "$preset" -DPLEAT_WERROR="$strict" "$@" || return
    local build=(cmake --build "$root/build/$preset" --parallel "$(nproc)")
    [ -z "${build_target:-}" ] || build+=(--target "$build_target")
    echo "Building $preset in build/$preset; the first time takes some minutes." >&2
    if [ -t 1 ]; then "${build[@]}"; else quietly with_signs_of_life "$preset" "${build[@]}"; fi
}
