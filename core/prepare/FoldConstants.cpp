// SPDX-License-Identifier: GPL-3.0-or-later
// A node whose result is the same in every run becomes an initializer of that result: what is computed from
// constants, and what is computed from sizes that are known for every run (Shape → Gather → Concat, …). The
// operators are computed by Evaluate.h as ONNX's operator pages define them: integers and moved elements
// exactly, arithmetic of real numbers rounded once an operator, as every engine does; only of Pow and Div of
// float16 an engine's own rounding may differ in the last place. Nodes that only fed such a node go with it.
// What is not computed here is left to RuntimeConstants.cpp, once nothing else is left.
#include "core/prepare/ConstantWriter.h"
#include "core/prepare/KnownNumbers.h"
#include "core/prepare/PassFiles.h"
#include "core/prepare/Unevaluated.h"

namespace pleat {

namespace {

// A small one holds its own bytes, whatever they are told by.
std::optional<TensorView> writtenOut(TensorView tensor)
{
    const std::uint64_t size = storedBytes(tensor.type(), tensor.elements());
    if (size > smallResult)
        return tensor;
    auto bytes = std::make_shared<std::vector<std::byte>>(size);
    if (!tensor.read(0, tensor.elements(), *bytes))
        return std::nullopt;
    return TensorView({}, tensor.type(), tensor.dims(), Payload{Bytes(std::move(bytes))});
}

// What the value is in every run, as a tensor.
std::optional<TensorView> tensorIn(const GraphView& view, KnownNumbers& known, ValueIndex value)
{
    if (const auto constant = constantOf(view, value)) {
        if (isReordered(*constant) && !constant->isCast())
            return reordered(*constant);
        if (constant->isCast()) {
            const auto numbers = numbersOf(*constant);
            return numbers ? tensorOf({}, *numbers) : std::nullopt;
        }
        if (elementBits(constant->tensor.type()) < 8)
            return std::nullopt;
        return writtenOut(
            TensorView({}, constant->tensor.type(), constant->dims, constant->tensor.payload()));
    }
    const Numbers* const numbers = known.of(value);
    return numbers ? tensorOf({}, *numbers) : std::nullopt;
}

} // namespace

Result<void> lookForConstants(Round& round, Progress& progress, const std::stop_token& stop)
{
    const GraphView& view = round.view();
    KnownNumbers known(view, round.shapes());
    const std::vector<NodeIndex> nodes = round.nodes();
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        if (stop.stop_requested())
            return cancelled();
        known.derive(nodes[n]);
        progress.advance(n, nodes.size());
    }
    ConstantWriter writer(round, [&](ValueIndex value) -> std::optional<KnownTensor> {
        const auto tensor = tensorIn(view, known, value);
        if (!tensor)
            return std::nullopt;
        return KnownTensor{
            makeTensor(std::string(view.name(value)), tensor->type(), tensor->dims(), tensor->payload()),
            storedBytes(tensor->type(), tensor->elements())};
    });
    if (auto written = writer.write(nodes, stop); !written)
        return written;
    return round.done().empty() ? lookForRuntimeConstants(round, progress, stop) : Result<void>();
}

} // namespace pleat
