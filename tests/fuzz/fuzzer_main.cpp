// SPDX-License-Identifier: GPL-3.0-or-later
// What libFuzzer calls: a target for one input, and changes of models as models, so that most of them still
// open. Bytes that are no model are changed as bytes, and models now and then too.
#include "tests/fuzz/ModelChanges.h"
#include "tests/fuzz/Target.h"

#include <onnx/onnx_pb.h>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using pleat::fuzz::ModelChanges;

std::size_t give(const onnx::ModelProto& model, std::uint8_t* data, std::size_t most)
{
    const std::size_t size = model.ByteSizeLong();
    if (size > most || !model.SerializeToArray(data, static_cast<int>(most)))
        return 0;
    return size;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    pleat::fuzz::look(std::as_bytes(std::span(data, size)));
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed)
{
    ModelChanges changes(seed);
    onnx::ModelProto model;
    if (!changes.asBytes() && model.ParseFromArray(data, static_cast<int>(size))) {
        changes.change(model);
        if (const std::size_t made = give(model, data, most))
            return made;
    }
    return LLVMFuzzerMutate(data, size, most);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t firstSize,
                                                 const std::uint8_t* second, std::size_t secondSize,
                                                 std::uint8_t* out, std::size_t most, unsigned seed)
{
    onnx::ModelProto into;
    onnx::ModelProto from;
    if (!into.ParseFromArray(first, static_cast<int>(firstSize)) ||
        !from.ParseFromArray(second, static_cast<int>(secondSize)))
        return 0;
    ModelChanges(seed).cross(into, from);
    return give(into, out, most);
}
