// SPDX-License-Identifier: GPL-3.0-or-later
// Field numbers of onnx.proto, in the messages that hold graphs, nodes or tensors: what the reader looks for
// and the writer puts back.
#pragma once

#include <cstdint>

namespace pleat::field {

namespace model {
inline constexpr std::uint32_t graph = 7, metadata = 14, functions = 25;
}
namespace graph {
inline constexpr std::uint32_t node = 1, initializer = 5, valueInfo = 13, sparseInitializer = 15,
                               metadata = 16;
}
namespace function {
inline constexpr std::uint32_t node = 7, overload = 13, metadata = 14;
}
namespace node {
inline constexpr std::uint32_t input = 1, attribute = 5, overload = 8, metadata = 9;
}
namespace valueInfo {
inline constexpr std::uint32_t metadata = 4;
}
namespace attribute {
inline constexpr std::uint32_t t = 5, g = 6, tensors = 10, graphs = 11, sparseTensor = 22, sparseTensors = 23;
}
namespace sparse {
inline constexpr std::uint32_t values = 1, indices = 2;
}
namespace tensor {
inline constexpr std::uint32_t dims = 1, dataType = 2, floatData = 4, int32Data = 5, stringData = 6,
                               int64Data = 7, name = 8, rawData = 9, doubleData = 10, uint64Data = 11,
                               externalData = 13, dataLocation = 14, metadata = 16;
}
namespace entry {
inline constexpr std::uint32_t key = 1, value = 2;
}

} // namespace pleat::field
