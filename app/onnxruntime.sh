# SPDX-License-Identifier: GPL-3.0-or-later
# Gets ONNX Runtime, which the programs load when they run and which is the independent engine of the tests, and the
# Python of the interop scripts. Sourced by app/run and tests/run after app/packages.sh, with $root set.
#
#   build/onnxruntime/include      the C and C++ headers, where the system has none
#   build/onnxruntime/lib          libonnxruntime.so.1, libonnxruntime.so
#   build/venv                     Python with tests/interop/requirements.txt
# The headers are Debian's. Debian 12 does not package them: there they come from Debian 13, through an apt
# configuration of its own inside build/. The library is the Python package's everywhere: Debian 13's own uses the same
# libonnx as Pleat, so it is no independent engine, and it complains on stderr about each operator registered twice.
# The C API is versioned: newer libraries serve older headers.

onnxruntime_release=trixie

# make_venv [NAME REQUIREMENTS]: creates build/NAME (build/venv), or renews it when the requirements have changed.
make_venv() {
    local venv=$root/build/${1:-venv} requirements=$root/${2:-tests/interop/requirements.txt}
    [ ! -e "$venv/requirements.txt" ] ||
        ! cmp -s <(grep -v '^#' "$requirements") <(grep -v '^#' "$venv/requirements.txt") || return 0
    echo "Fetching the Python packages of ${requirements#"$root/"}"
    rm -rf "$venv"
    # The system's Python: another one first in PATH may be gone tomorrow.
    quietly /usr/bin/python3 -m venv "$venv" || return
    quietly "$venv/bin/pip" install --disable-pip-version-check -r "$requirements" || return
    cp "$requirements" "$venv/requirements.txt"
}

# debian_mirror: prints where this system gets its own Debian release from.
debian_mirror() {
    apt-get indextargets --format '$(ORIGIN) $(LABEL) $(CREATED_BY) $(REPO_URI)' |
        sed -n 's/^Debian Debian Packages //p' | head -n 1
}

# fetch_onnxruntime_headers FOLDER: puts Debian 13's libonnxruntime-dev headers into it.
fetch_onnxruntime_headers() {
    local folder=$1 apt=$root/build/apt-$onnxruntime_release mirror
    if ! command -v apt-get >/dev/null; then
        echo "Without apt: install ONNX Runtime and set ONNXRUNTIME_ROOT to the folder with its include/ and lib/." >&2
        return 1
    fi
    mirror=$(debian_mirror)
    if [ -z "$mirror" ]; then
        quietly as_root apt-get update || return
        mirror=$(debian_mirror)
    fi
    if [ -z "$mirror" ]; then
        echo "No Debian mirror among this system's apt sources: cannot get the headers of ONNX Runtime." >&2
        return 1
    fi
    mkdir -p "$apt"/{lists,cache/archives,unpacked}/partial
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $onnxruntime_release main" \
        >"$apt/sources.list"
    # Nothing of the system's state is used or changed; as root, apt would else drop to a user who may not
    # write here.
    local private=(
        -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
        -o Dir::State="$apt" -o Dir::Cache="$apt/cache" -o Acquire::Languages=none -o Acquire::Retries=3
        -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any
        -o APT::Update::Post-Invoke= -o APT::Update::Post-Invoke-Success= -o Dpkg::Post-Invoke=
    )
    if ! quietly apt-get "${private[@]}" update; then
        echo "Cannot read Debian's $onnxruntime_release; if a key is missing, update debian-archive-keyring." >&2
        return 1
    fi
    (cd "$apt" && rm -f ./*.deb && quietly apt-get "${private[@]}" download libonnxruntime-dev) || return
    dpkg-deb -x "$apt"/libonnxruntime-dev_*.deb "$apt/unpacked" || return
    rm -rf "$folder"
    mkdir -p "$(dirname "$folder")"
    cp -r "$apt/unpacked/usr/include/onnxruntime" "$folder" || return
    rm -rf "$apt"
}

# fetch_onnxruntime: silent when it is there already, or named by ONNXRUNTIME_ROOT.
fetch_onnxruntime() {
    local home=$root/build/onnxruntime library
    if [ -n "${ONNXRUNTIME_ROOT:-}" ]; then return 0; fi
    if [ ! -e /usr/include/onnxruntime/onnxruntime_cxx_api.h ] && [ ! -e "$home/include/onnxruntime_cxx_api.h" ]; then
        if apt-cache show libonnxruntime-dev >/dev/null 2>&1; then
            install_packages libonnxruntime-dev || return
        else
            echo "Fetching the headers of ONNX Runtime"
            fetch_onnxruntime_headers "$home/include" || return
        fi
    fi
    make_venv || return
    library=$(find "$root/build/venv" -path '*/onnxruntime/capi/libonnxruntime.so.*' -print -quit)
    if [ -z "$library" ]; then
        echo "The Python package onnxruntime holds no libonnxruntime.so." >&2
        return 1
    fi
    mkdir -p "$home/lib"
    ln -sfn "$library" "$home/lib/libonnxruntime.so.1"
    ln -sfn libonnxruntime.so.1 "$home/lib/libonnxruntime.so"
}
