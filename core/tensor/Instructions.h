// SPDX-License-Identifier: GPL-3.0-or-later
// One plain loop, compiled for several generations of the processor; the newest that this one knows is chosen
// when it runs. A loop is a struct with a static run(...) that is always inlined, so that it takes on the
// instructions of whoever calls it. No result depends on the choice: no loop that goes through here may leave
// the compiler free to fuse a product with a sum.
#pragma once

#include "core/tensor/Kernels.h"

namespace pleat {

template<class Loop, class... Arguments>
void runBaseline(Arguments... arguments)
{
    Loop::run(arguments...);
}

#if defined(__x86_64__) && defined(__GNUC__)

template<class Loop, class... Arguments>
[[gnu::target("avx2")]] void runAvx2(Arguments... arguments)
{
    Loop::run(arguments...);
}

template<class Loop, class... Arguments>
[[gnu::target("avx2,avx512f,avx512bw,avx512dq,avx512vl")]] void runAvx512(Arguments... arguments)
{
    Loop::run(arguments...);
}

template<class Loop, class... Arguments>
void run(Instructions set, Arguments... arguments)
{
    switch (set) {
    case Instructions::Avx512Sixteen:
    case Instructions::Avx512:
        return runAvx512<Loop>(arguments...);
    case Instructions::Avx2:
        return runAvx2<Loop>(arguments...);
    case Instructions::Baseline:
        return runBaseline<Loop>(arguments...);
    }
}

#else

template<class Loop, class... Arguments>
void run(Instructions, Arguments... arguments)
{
    runBaseline<Loop>(arguments...);
}

#endif

} // namespace pleat
