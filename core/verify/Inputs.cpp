// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/Inputs.h"

#include "core/base/Text.h"
#include "core/verify/RandomInputs.h"

#include <onnx/onnx_pb.h>

namespace pleat {

std::vector<InputPort> inputPorts(const GraphView& view)
{
    const ValueTypes declared = declaredTypes(view.model());
    const auto main = declared.find("");
    std::vector<InputPort> ports;
    for (const ValueIndex value : view.scopes()[index(ScopeIndex::Main)].inputs) {
        if (view.initializer(value))
            continue;
        InputPort port{std::string(view.name(value)), {}};
        if (main != declared.end() && main->second.contains(port.name))
            port.type = main->second.at(port.name);
        ports.push_back(std::move(port));
    }
    return ports;
}

Result<std::uint64_t> bytesOfABatch(const Inputs& inputs)
{
    const auto first = inputs.batch(0);
    if (!first)
        return tl::make_unexpected(first.error());
    std::uint64_t bytes = 0;
    for (const onnx::TensorProto& tensor : *first)
        bytes += tensor.ByteSizeLong();
    return bytes;
}

Result<Inputs> randomBatches(std::shared_ptr<const GraphView> view, std::uint64_t seed,
                             std::map<std::string, std::int64_t> sizes, std::size_t batches)
{
    const auto first = randomInputs(*view, seed, sizes);
    if (!first)
        return tl::make_unexpected(first.error());
    Inputs inputs;
    inputs.batches = batches;
    inputs.samples = batches;
    inputs.notes = first->notes;
    inputs.origin =
        counted(batches, batches == 1 ? "random input" : "set") + (batches == 1 ? "" : " of random inputs");
    inputs.batch = [view = std::move(view), seed,
                    sizes = std::move(sizes)](std::size_t number) -> Result<Inputs::Batch> {
        auto made = randomInputs(*view, seed + number, sizes);
        if (!made)
            return tl::make_unexpected(std::move(made.error()));
        return std::move(made->tensors);
    };
    return inputs;
}

} // namespace pleat
