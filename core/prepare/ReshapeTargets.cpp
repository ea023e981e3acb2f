// SPDX-License-Identifier: GPL-3.0-or-later
// A Reshape to sizes that nodes compute, since the batch is not known before the run: where only one of them
// is open, the target becomes a constant. Reshape (its operator page) knows two ways to leave a size open.
// One is -1, what is left over: all elements of the data are there in the result, so where every other size
// is known and above 0, the open one can be nothing else. The other is 0, the size of the data along the same
// axis, where the open one is surely that (OpenSizes.h); not with allowzero. A -1 that is there already
// becomes the number that follows. Numbers stay as they are; a run that Reshape would have refused may go on.
#include "core/graph/Attributes.h"
#include "core/prepare/KnownNumbers.h"
#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

class TargetFinder final {
public:
    explicit TargetFinder(const Round& round) : m_view(round.view()), m_known(round.view(), round.shapes()) {}

    void derive(NodeIndex node) { m_known.derive(node); }

    // The constant target of a Reshape; nothing where it is one, or sizes stay open.
    std::optional<std::vector<std::int64_t>> find(NodeIndex node)
    {
        const ValueIndex target = m_view.input(node, 1);
        const NodeIndex maker = m_view.producer(target);
        if (maker == NodeIndex::None || m_view.op(maker) == "Constant")
            return std::nullopt;
        const Numbers* const numbers = m_known.of(target);
        if (!numbers || numbers->isReal() || numbers->dims.size() != 1 || numbers->open.empty())
            return std::nullopt;
        const bool zeroIsZero = intAttribute(m_view.proto(node), "allowzero", 0) != 0;
        const KnownShape* const made = m_known.shapeOf(m_view.output(node, 0));
        std::vector<std::int64_t> sizes = numbers->integers();
        std::vector<std::size_t> open;
        for (std::size_t d = 0; d < sizes.size(); ++d) {
            if (numbers->isOpen(d)) {
                const std::uint32_t size = d < numbers->sizes.size() ? numbers->sizes[d] : 0;
                const bool copied =
                    !zeroIsZero && size != 0 && size == m_known.openSize(m_view.input(node, 0), d);
                sizes[d] = 0;
                if (!copied)
                    open.push_back(d);
            } else if (sizes[d] == -1 && made && d < made->size() && (*made)[d] > 0) {
                sizes[d] = (*made)[d];
            }
        }
        if (open.empty())
            return sizes;
        if (open.size() > 1 || !areAbove0(sizes, open.front()))
            return std::nullopt;
        sizes[open.front()] = -1;
        return sizes;
    }

private:
    static bool areAbove0(const std::vector<std::int64_t>& sizes, std::size_t except)
    {
        for (std::size_t d = 0; d < sizes.size(); ++d) {
            if (d != except && sizes[d] <= 0)
                return false;
        }
        return true;
    }

    const GraphView& m_view;
    KnownNumbers m_known;
};

void write(Round& round, NodeIndex node, const std::vector<std::int64_t>& sizes)
{
    const GraphView& view = round.view();
    const auto tensor = tensorOf({}, Numbers{DataType::Int64, {std::ssize(sizes)}, sizes});
    if (!tensor || !round.claim({node}, sentence("{} takes a constant target: the size that is open follows "
                                                 "from its data",
                                                 operation(view, node))))
        return;
    const std::string name =
        round.pen().add(view.scope(node), std::string(view.name(view.output(node, 0))) + "_shape",
                        tensor->type(), tensor->dims(), tensor->payload());
    round.pen().rewire(node).set_input(1, name);
}

} // namespace

Result<void> lookForReshapeTargets(Round& round, Progress& progress, const std::stop_token& stop)
{
    const GraphView& view = round.view();
    const std::vector<NodeIndex> nodes = round.nodes();
    const auto isReshape = [&](NodeIndex node) {
        return view.op(node) == "Reshape" && view.domain(node).empty() && view.inputs(node).size() == 2;
    };
    if (std::ranges::none_of(nodes, isReshape))
        return {};
    TargetFinder finder(round);
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        if (stop.stop_requested())
            return cancelled();
        progress.advance(n, nodes.size());
        finder.derive(nodes[n]);
        if (!isReshape(nodes[n]) || refersToCall(view.proto(nodes[n])))
            continue;
        if (const auto sizes = finder.find(nodes[n]))
            write(round, nodes[n], *sizes);
    }
    return {};
}

} // namespace pleat
