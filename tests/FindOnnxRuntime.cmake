# SPDX-License-Identifier: GPL-3.0-or-later
# Defines onnxruntime::onnxruntime, the C++ API of ONNX Runtime: from ONNXRUNTIME_ROOT (a cache or an environment
# variable; a folder with include/ and lib/), from build/onnxruntime where app/onnxruntime.sh puts it, or from the system.
# Use: list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}"), find_package(OnnxRuntime REQUIRED).

set(ONNXRUNTIME_ROOT "" CACHE PATH "Folder with ONNX Runtime's include/ and lib/; empty: found")
set(_roots ${ONNXRUNTIME_ROOT} $ENV{ONNXRUNTIME_ROOT} ${PROJECT_SOURCE_DIR}/build/onnxruntime)

find_path(OnnxRuntime_INCLUDE_DIR onnxruntime_cxx_api.h
    HINTS ${_roots} PATH_SUFFIXES include include/onnxruntime onnxruntime)
find_library(OnnxRuntime_LIBRARY NAMES onnxruntime libonnxruntime.so.1
    HINTS ${_roots} PATH_SUFFIXES lib)
mark_as_advanced(OnnxRuntime_INCLUDE_DIR OnnxRuntime_LIBRARY)
unset(_roots)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OnnxRuntime
    REQUIRED_VARS OnnxRuntime_LIBRARY OnnxRuntime_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "The tests compare with ONNX Runtime. tests/run fetches it, or set ONNXRUNTIME_ROOT.")

if(OnnxRuntime_FOUND AND NOT TARGET onnxruntime::onnxruntime)
    add_library(onnxruntime::onnxruntime SHARED IMPORTED)
    set_target_properties(onnxruntime::onnxruntime PROPERTIES
        IMPORTED_LOCATION "${OnnxRuntime_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${OnnxRuntime_INCLUDE_DIR}")
endif()
