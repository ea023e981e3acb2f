// SPDX-License-Identifier: GPL-3.0-or-later
// A library with the entry of ONNX Runtime and nothing behind it: of a version without the API that is asked
// for, or, with PLEAT_FAKE_CRASHES set, one that crashes as soon as it is looked at.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

struct Base {
    const void* (*api)(std::uint32_t version);
    const char* (*version)();
};

} // namespace

extern "C" const Base* OrtGetApiBase()
{
    if (std::getenv("PLEAT_FAKE_CRASHES")) {
        std::fputs("the fake says: oh no\n", stderr);
        std::abort();
    }
    static constexpr Base base{[](std::uint32_t) -> const void* { return nullptr; }, [] { return "1.0.0"; }};
    return &base;
}
