// SPDX-License-Identifier: GPL-3.0-or-later
// The propagation rules of operators that move channels about: where each output channel comes from.
#include "core/fold/PropagationTable.h"
#include "core/graph/Attributes.h"
#include "core/graph/ShapeRules.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <numeric>

namespace pleat {

namespace {

std::int64_t sizeAfter(const KnownShape& shape, std::size_t axis)
{
    std::int64_t size = 1;
    for (std::size_t d = axis + 1; d < shape.size(); ++d) {
        if (shape[d] < 0 || __builtin_mul_overflow(size, shape[d], &size))
            return unknownSize;
    }
    return size;
}

// Where the positions of an axis lie in row-major order: `each` elements for one, `count` of them, and again.
struct Blocks {
    std::int64_t count = unknownSize, each = unknownSize;
    bool areKnown() const { return count > 0 && each > 0 && each <= mostChannels / count; }
    std::int64_t period() const { return count * each; }
    bool operator==(const Blocks&) const = default;
};

Blocks blocksOf(const KnownShape& shape, std::size_t axis)
{
    return {shape[axis], sizeAfter(shape, axis)};
}

// Which position of one axis each position of the other meets, over the same elements. One period must be a
// multiple of the other.
Propagation blocksMeet(const Blocks& input, const Blocks& output)
{
    Propagation propagation;
    propagation.inputs = static_cast<std::uint64_t>(input.count);
    propagation.outputs = static_cast<std::uint64_t>(output.count);
    if (input != output) {
        const std::int64_t step = std::gcd(input.each, output.each);
        const std::int64_t total = std::max(input.period(), output.period());
        propagation.links.reserve(static_cast<std::size_t>(total / step));
        for (std::int64_t p = 0; p < total; p += step)
            propagation.links.emplace_back(p / input.each % input.count, p / output.each % output.count);
    }
    return propagation;
}

// The axis of `to` that tells the channels of `from`: `axis`, where it is untouched, else the same blocks,
// else the same period, else one whose positions meet one channel each, else one that a channel meets once
// (then several channels may meet there, which must ask for the same).
std::optional<std::size_t> matching(const Blocks& from, const std::vector<Blocks>& to, std::size_t axis)
{
    if (axis < to.size() && to[axis] == from)
        return axis;
    const auto first = [&](const auto& fits) -> std::optional<std::size_t> {
        const auto found =
            std::ranges::find_if(to, [&](const Blocks& other) { return other.areKnown() && fits(other); });
        return found == to.end() ? std::nullopt : std::optional<std::size_t>(found - to.begin());
    };
    if (const auto same = first([&](const Blocks& other) { return other == from; }))
        return same;
    if (const auto period =
            first([&](const Blocks& other) { return other.count > 1 && other.period() == from.period(); }))
        return period;
    if (const auto finer = first([&](const Blocks& other) {
            return other.period() % from.period() == 0 && from.each % other.each == 0;
        }))
        return finer;
    return first([&](const Blocks& other) {
        return other.count > 1 && from.period() % other.period() == 0 && other.each % from.each == 0;
    });
}

// How many columns the matrix products behind a value [N, ?] take: it has as many, or they could not run.
std::int64_t columnsRead(const FoldContext& context, ValueIndex value)
{
    const GraphView& view = context.view;
    constexpr int farthest = 16; // operators that leave the shape alone
    for (int step = 0; step < farthest && !view.uses(value).empty(); ++step) {
        const Use& use = view.uses(value).front();
        const std::string_view op = view.op(use.node);
        if (!view.domain(use.node).empty() || use.slot != 0)
            return unknownSize;
        if (op == "Gemm" || op == "MatMul") {
            const auto weight = constantOf(view, view.input(use.node, 1));
            const onnx::NodeProto& proto = view.proto(use.node);
            if (!weight || weight->dims.size() != 2 || intAttribute(proto, "transA", 0) != 0)
                return unknownSize;
            return weight->dims[op == "Gemm" && intAttribute(proto, "transB", 0) != 0 ? 1 : 0];
        }
        if (op != "Identity" && op != "Dropout" && op != "Relu" && op != "LeakyRelu")
            return unknownSize;
        value = view.output(use.node, 0);
        if (value == ValueIndex::None)
            return unknownSize;
    }
    return unknownSize;
}

// A Reshape keeps the number of elements: the one size of `shape` that is not known follows from all of
// `whole`.
KnownShape completed(KnownShape shape, const KnownShape& whole)
{
    const auto unknown = std::ranges::find(shape, unknownSize);
    if (unknown == shape.end() || std::ranges::count(shape, unknownSize) != 1 || whole.empty())
        return shape;
    const auto elements = [](const KnownShape& of) {
        const std::int64_t behind = sizeAfter(of, 0);
        return behind < 0 || of[0] < 0 || behind > largestBelieved / std::max<std::int64_t>(of[0], 1)
                   ? unknownSize
                   : of[0] * behind;
    };
    KnownShape rest = shape;
    rest[static_cast<std::size_t>(unknown - shape.begin())] = 1;
    const std::int64_t all = elements(whole), others = elements(rest);
    if (all > 0 && others > 0 && all % others == 0)
        shape[static_cast<std::size_t>(unknown - shape.begin())] = all / others;
    return shape;
}

// Row-major order is kept, only the dimensions change: the element at position p belongs to channel
// (p / each) mod count of any axis. `sameBatch`: the first dimension is surely the same, and so is the size
// of what lies behind it.
Verdict<Propagation> regroup(const Question& q, const KnownShape* input, const KnownShape* output,
                             bool sameBatch)
{
    if (!q.axis)
        return Propagation{};
    const bool up = q.direction == Direction::Backward;
    if (!input || !output)
        return blocked(q, "the shapes around it are not known");
    const KnownShape from = up ? completed(*output, *input) : completed(*input, *output);
    const KnownShape to = up ? completed(*input, *output) : completed(*output, *input);
    const auto channels = static_cast<std::int64_t>(q.channels);
    const auto axis = fromFront(*q.axis, from.size());
    if (!axis || static_cast<std::size_t>(*axis) >= from.size())
        return blocked(q, "the shapes around it are not known");
    Blocks own{channels, sizeAfter(from, static_cast<std::size_t>(*axis))};
    std::vector<Blocks> others;
    others.reserve(to.size());
    for (std::size_t other = 0; other < to.size(); ++other)
        others.push_back(blocksOf(to, other));
    if (!up && others.size() == 2 && others[1].count < 0)
        others[1].count = columnsRead(q.context, q.context.view.output(q.node, 0));
    if (sameBatch && *axis == 1 && others.size() > 1) {
        if (!own.areKnown() && others[1].areKnown() && others[1].period() % channels == 0)
            own.each = others[1].period() / channels;
        if (!own.areKnown() && others[1].count == channels)
            return Propagation{.axis = 1};
        if (own.areKnown() && others[1].count > 0 && own.period() % others[1].count == 0)
            others[1].each = own.period() / others[1].count;
    }
    const auto other = own.areKnown() ? matching(own, others, static_cast<std::size_t>(*axis)) : std::nullopt;
    if (!other)
        return blocked(q, "the channels cannot be followed through its shape");
    Propagation propagation = up ? blocksMeet(others[*other], own) : blocksMeet(own, others[*other]);
    propagation.axis = static_cast<int>(*other);
    return propagation;
}

bool isPrivate(const GraphView& view, ValueIndex value)
{
    return value != ValueIndex::None && !view.isGraphOutput(value) && view.uses(value).size() == 1;
}

// Reshape to [N, g, C/g, …], Transpose of these two, Reshape back: a channel shuffle. `first` is the upper
// Reshape.
std::optional<Propagation> shuffle(const Question& q, NodeIndex first, NodeIndex transpose, NodeIndex last)
{
    const GraphView& view = q.context.view;
    if (view.op(first) != "Reshape" || view.op(transpose) != "Transpose" || view.op(last) != "Reshape" ||
        !isPrivate(view, view.output(first, 0)) || !isPrivate(view, view.output(transpose, 0)) ||
        view.input(transpose, 0) != view.output(first, 0) || view.input(last, 0) != view.output(transpose, 0))
        return std::nullopt;
    const KnownShape* grouped = q.context.shapes.of(view.output(first, 0));
    const KnownShape* input = q.context.shapes.of(view.input(first, 0));
    const KnownShape* output = q.context.shapes.of(view.output(last, 0));
    if (!grouped || !input || !output || grouped->size() != input->size() + 1 ||
        output->size() != input->size() || input->size() < 3)
        return std::nullopt;
    const std::vector<std::int64_t> perm = intsAttribute(view.proto(transpose), "perm");
    std::vector<std::int64_t> expected(grouped->size());
    std::iota(expected.begin(), expected.end(), 0);
    std::swap(expected[1], expected[2]);
    const std::int64_t groups = (*grouped)[1], each = (*grouped)[2], channels = (*input)[1];
    if (perm != expected || groups < 1 || each < 1 || groups > mostChannels / each ||
        groups * each != channels || (*output)[1] != channels)
        return std::nullopt;
    // The sizes behind the channels are the same three times: then nothing but channels moves.
    for (std::size_t d = 2; d < input->size(); ++d) {
        if ((*input)[d] < 0 || (*grouped)[d + 1] != (*input)[d] || (*output)[d] != (*input)[d])
            return std::nullopt;
    }
    Propagation propagation{.axis = 1};
    propagation.inputs = propagation.outputs = static_cast<std::uint64_t>(channels);
    for (std::int64_t g = 0; g < groups; ++g) {
        for (std::int64_t e = 0; e < each; ++e)
            propagation.links.emplace_back(g * each + e, e * groups + g);
    }
    return propagation;
}

std::optional<Propagation> shuffleFrom(const Question& q)
{
    const GraphView& view = q.context.view;
    if (q.axis != 1 || view.input(q.node, 0) == ValueIndex::None)
        return std::nullopt;
    if (q.direction == Direction::Backward) {
        const NodeIndex transpose = view.producer(view.input(q.node, 0));
        const ValueIndex middle = transpose == NodeIndex::None ? ValueIndex::None : view.input(transpose, 0);
        const NodeIndex first = middle == ValueIndex::None ? NodeIndex::None : view.producer(middle);
        auto propagation = first == NodeIndex::None ? std::nullopt : shuffle(q, first, transpose, q.node);
        if (propagation)
            propagation->otherEnd = first;
        return propagation;
    }
    const auto reader = [&](NodeIndex node) {
        const ValueIndex output = view.output(node, 0);
        return isPrivate(view, output) ? view.uses(output).front().node : NodeIndex::None;
    };
    const NodeIndex transpose = reader(q.node);
    const NodeIndex last = transpose == NodeIndex::None ? NodeIndex::None : reader(transpose);
    auto propagation = last == NodeIndex::None ? std::nullopt : shuffle(q, q.node, transpose, last);
    if (propagation)
        propagation->otherEnd = last;
    return propagation;
}

// Channel j of the output is channel source[j] of the input, along the axis that the question is about.
Verdict<Propagation> picked(const Question& q, const std::vector<std::int64_t>& source, std::int64_t inputs)
{
    Propagation propagation{.axis = q.axis};
    propagation.inputs = static_cast<std::uint64_t>(inputs);
    propagation.outputs = source.size();
    if (q.channels != (q.direction == Direction::Backward ? propagation.outputs : propagation.inputs))
        return blocked(q, "it has another number of channels");
    for (std::size_t j = 0; j < source.size(); ++j)
        propagation.links.emplace_back(source[j], j);
    if (propagation.links.empty())
        return blocked(q, "nothing is left of the channels");
    return propagation;
}

std::optional<int> axisOf(const Question& q, std::int64_t otherwise)
{
    const GraphView& view = q.context.view;
    const std::int64_t axis = intAttribute(view.proto(q.node), "axis", otherwise);
    return fromFront(static_cast<int>(std::clamp<std::int64_t>(axis, -64, 64)),
                     q.context.shapes.rank(view.input(q.node, 0)));
}

} // namespace

Verdict<Propagation> throughReshape(const Question& q)
{
    if (auto shuffled = shuffleFrom(q))
        return std::move(*shuffled);
    const GraphView& view = q.context.view;
    const KnownShape* input = q.context.shapes.of(view.input(q.node, 0));
    const KnownShape* output = q.context.shapes.of(view.output(q.node, 0));
    const auto target = intsOrInput(view, q.node, "shape", 1);
    const bool copied = target && !target->empty() && target->front() == 0 &&
                        intAttribute(view.proto(q.node), "allowzero", 0) == 0;
    const bool equal = input && output && !input->empty() && !output->empty() && input->front() >= 0 &&
                       input->front() == output->front();
    return regroup(q, input, output, copied || equal);
}

Verdict<Propagation> throughFlatten(const Question& q)
{
    const GraphView& view = q.context.view;
    return regroup(q, q.context.shapes.of(view.input(q.node, 0)), q.context.shapes.of(view.output(q.node, 0)),
                   intAttribute(view.proto(q.node), "axis", 1) == 1);
}

Verdict<Propagation> throughSqueeze(const Question& q)
{
    if (!q.axis)
        return Propagation{};
    const GraphView& view = q.context.view;
    const bool squeezes = view.op(q.node) == "Squeeze";
    const auto axes = intsOrInput(view, q.node, "axes", 1);
    const auto longer = q.context.shapes.rank(squeezes ? view.input(q.node, 0) : view.output(q.node, 0));
    if (!axes)
        return blocked(q, "its axes are not known");
    std::vector<int> ones;
    for (const std::int64_t axis : *axes) {
        const auto front = fromFront(static_cast<int>(std::clamp<std::int64_t>(axis, -64, 64)), longer);
        if (!front)
            return blocked(q, "the rank of its input is not known");
        ones.push_back(*front);
    }
    std::ranges::sort(ones);
    ones.erase(std::ranges::unique(ones).begin(), ones.end()); // named twice, removed once
    int axis = *q.axis;
    const bool grows = squeezes == (q.direction == Direction::Backward); // the other side has more axes
    if (grows) {
        for (const int one : ones)
            axis += one <= axis;
    } else {
        if (std::ranges::find(ones, axis) != ones.end())
            return blocked(q, "it removes the axis");
        axis -= static_cast<int>(std::ranges::count_if(ones, [axis](int one) { return one < axis; }));
    }
    return Propagation{.axis = axis};
}

Verdict<Propagation> throughTranspose(const Question& q)
{
    if (!q.axis)
        return Propagation{};
    const GraphView& view = q.context.view;
    std::vector<std::int64_t> perm = intsAttribute(view.proto(q.node), "perm");
    const auto rank = q.context.shapes.rank(view.input(q.node, 0));
    if (perm.empty() && rank) {
        perm.resize(*rank);
        std::iota(perm.rbegin(), perm.rend(), 0);
    }
    const auto axis = fromFront(*q.axis, perm.size());
    if (perm.empty() || !axis || *axis >= std::ssize(perm))
        return blocked(q, "the rank of its input is not known");
    if (!std::ranges::all_of(perm, [&](std::int64_t from) { return from >= 0 && from < std::ssize(perm); }))
        return blocked(q, "its perm is no permutation");
    if (q.direction == Direction::Backward)
        return Propagation{.axis = static_cast<int>(perm[static_cast<std::size_t>(*axis)])};
    const auto found = std::ranges::find(perm, *axis);
    if (found == perm.end())
        return blocked(q, "its perm is no permutation");
    return Propagation{.axis = static_cast<int>(found - perm.begin())};
}

Verdict<Propagation> throughSlice(const Question& q)
{
    if (!q.axis)
        return Propagation{};
    const GraphView& view = q.context.view;
    const auto starts = intsOrInput(view, q.node, "starts", 1), ends = intsOrInput(view, q.node, "ends", 2);
    auto axes = intsOrInput(view, q.node, "axes", 3);
    if (!axes && view.input(q.node, 3) == ValueIndex::None && starts) {
        axes.emplace(starts->size());
        std::iota(axes->begin(), axes->end(), 0);
    }
    const KnownShape* input = q.context.shapes.of(view.input(q.node, 0));
    if (!axes || !input)
        return blocked(q, "its axes are not known");
    const auto counted = [&](std::int64_t axis) { return axis < 0 ? axis + std::ssize(*input) : axis; };
    if (std::ranges::count(*axes, static_cast<std::int64_t>(*q.axis), counted) > 1)
        return blocked(q, "its axes name one twice");
    for (std::size_t a = 0; a < axes->size(); ++a) {
        const std::int64_t axis = counted((*axes)[a]);
        if (axis != *q.axis)
            continue;
        const auto steps = constantInts(view, view.input(q.node, 4));
        const std::int64_t size =
            axis < std::ssize(*input) ? (*input)[static_cast<std::size_t>(axis)] : unknownSize;
        const bool known = starts && ends && a < starts->size() && a < ends->size() &&
                           (view.input(q.node, 4) == ValueIndex::None || (steps && a < steps->size()));
        if (!known || size < 0 || size > mostChannels)
            return blocked(q, "the channels that it takes are not known");
        const std::int64_t step = steps ? (*steps)[a] : 1;
        if (step <= 0)
            return blocked(q, "it takes the channels backwards");
        const auto clamp = [size](std::int64_t at) {
            return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
        };
        std::vector<std::int64_t> source;
        for (std::int64_t c = clamp((*starts)[a]); c < clamp((*ends)[a]); c += step)
            source.push_back(c);
        return picked(q, source, size);
    }
    return Propagation{.axis = q.axis};
}

Verdict<Propagation> throughSplit(const Question& q)
{
    const GraphView& view = q.context.view;
    const auto axis = axisOf(q, 0);
    const KnownShape* input = q.context.shapes.of(view.input(q.node, 0));
    if (q.direction == Direction::Forward && (!q.axis || (axis && *axis != *q.axis)))
        return Propagation{.axis = q.axis}; // every output gets the whole of it
    if (q.axis && (!axis || !input || *axis >= std::ssize(*input)))
        return blocked(q, "the shape of its input is not known");
    if (!q.axis || *axis != *q.axis)
        return blocked(q, "its other outputs read the same channels");
    const std::int64_t size = (*input)[static_cast<std::size_t>(*axis)];
    auto parts = intsOrInput(view, q.node, "split", 1);
    const auto count = static_cast<std::int64_t>(view.outputs(q.node).size());
    if (!parts && view.input(q.node, 1) == ValueIndex::None && size >= 0 && size % count == 0)
        parts.emplace(static_cast<std::size_t>(count), size / count);
    const auto fits = [size](std::int64_t part) { return part >= 0 && part <= size; };
    if (!parts || size < 0 || size > mostChannels || q.slot >= parts->size() ||
        !std::ranges::all_of(*parts, fits) ||
        std::accumulate(parts->begin(), parts->end(), std::int64_t{0}) != size)
        return blocked(q, "the channels that it takes are not known");
    std::vector<std::int64_t> source(static_cast<std::size_t>((*parts)[q.slot]));
    std::iota(source.begin(), source.end(),
              std::accumulate(parts->begin(), parts->begin() + static_cast<std::ptrdiff_t>(q.slot),
                              std::int64_t{0}));
    return picked(q, source, size);
}

Verdict<Propagation> throughGather(const Question& q)
{
    if (!q.axis)
        return Propagation{};
    const GraphView& view = q.context.view;
    const auto axis = axisOf(q, 0);
    const KnownShape* input = q.context.shapes.of(view.input(q.node, 0));
    const auto rank = q.context.shapes.rank(view.input(q.node, 1));
    if (!axis || !rank)
        return blocked(q, "the rank of its indices is not known");
    const int extra = static_cast<int>(*rank) - 1; // axes that the indices add
    const bool up = q.direction == Direction::Backward;
    if (*q.axis < *axis)
        return Propagation{.axis = q.axis};
    if (up ? *q.axis > *axis + extra : *q.axis > *axis)
        return Propagation{.axis = up ? *q.axis - extra : *q.axis + extra};
    const auto indices = constantInts(view, view.input(q.node, 1));
    if (*rank != 1 || !indices || !input || *axis < 0 || *axis >= std::ssize(*input) ||
        (*input)[static_cast<std::size_t>(*axis)] < 0)
        return blocked(q, "the channels that it takes are not known");
    const std::int64_t size = (*input)[static_cast<std::size_t>(*axis)];
    std::vector<std::int64_t> source;
    for (const std::int64_t c : *indices) {
        source.push_back(c < 0 ? c + size : c);
        if (source.back() < 0 || source.back() >= size)
            return blocked(q, "an index is out of range");
    }
    return picked(q, source, size);
}

Verdict<Propagation> throughTile(const Question& q)
{
    if (!q.axis)
        return Propagation{};
    const GraphView& view = q.context.view;
    if (opsetOf(view, q.node) < 6) // one axis and how often, as two inputs
        return blocked(q, "its repeats are not known");
    const auto repeats = constantInts(view, view.input(q.node, 1));
    const auto axis = static_cast<std::size_t>(*q.axis);
    if (*q.axis < 0 || !repeats || axis >= repeats->size() || (*repeats)[axis] < 1)
        return blocked(q, "its repeats are not known");
    const auto times = static_cast<std::size_t>((*repeats)[axis]);
    if (times == 1)
        return Propagation{.axis = q.axis};
    const std::size_t inputs = q.direction == Direction::Backward ? q.channels / times : q.channels;
    if (inputs == 0 || inputs > static_cast<std::size_t>(mostChannels) / times)
        return blocked(q, "it has another number of channels");
    std::vector<std::int64_t> source(inputs * times);
    for (std::size_t j = 0; j < source.size(); ++j)
        source[j] = static_cast<std::int64_t>(j % inputs);
    return picked(q, source, static_cast<std::int64_t>(inputs));
}

Verdict<Propagation> throughExpand(const Question& q)
{
    if (!q.axis)
        return Propagation{};
    const GraphView& view = q.context.view;
    const KnownShape* input = q.context.shapes.of(view.input(q.node, 0));
    const auto target = constantInts(view, view.input(q.node, 1));
    if (!input || !target)
        return blocked(q, "its shape is not known");
    const int added = std::max<int>(static_cast<int>(target->size()) - static_cast<int>(input->size()), 0);
    const int axis = q.direction == Direction::Backward ? *q.axis - added : *q.axis + added;
    const int inner = q.direction == Direction::Backward ? axis : *q.axis;
    // The channel axis itself must not be stretched.
    if (inner < 0 || inner >= std::ssize(*input) ||
        (*input)[static_cast<std::size_t>(inner)] != static_cast<std::int64_t>(q.channels) ||
        (q.channels == 1 && q.direction == Direction::Forward))
        return blocked(q, "it may stretch the channel axis");
    return Propagation{.axis = axis};
}

Verdict<Propagation> throughDepthToSpace(const Question& q)
{
    if (!q.axis)
        return Propagation{};
    const GraphView& view = q.context.view;
    const std::int64_t block = intAttribute(view.proto(q.node), "blocksize", 0);
    const auto channels = static_cast<std::int64_t>(q.channels);
    if (*q.axis != 1 || block < 1 || block > 4096)
        return blocked(q, "its axis is another one");
    const bool up = q.direction == Direction::Backward;
    if (channels > mostChannels / (block * block) || (!up && channels % (block * block) != 0))
        return blocked(q, "it has another number of channels");
    const bool columnsFirst = stringAttribute(view.proto(q.node), "mode", "DCR") == "CRD";
    Propagation propagation{.axis = 1};
    const std::int64_t outputs = up ? channels : channels / (block * block), inputs = outputs * block * block;
    propagation.inputs = static_cast<std::uint64_t>(inputs);
    propagation.outputs = static_cast<std::uint64_t>(outputs);
    for (std::int64_t c = 0; c < inputs; ++c)
        propagation.links.emplace_back(c, columnsFirst ? c / (block * block) : c % outputs);
    return propagation;
}

Verdict<Propagation> throughSpaceToDepth(const Question& q)
{
    if (!q.axis)
        return Propagation{};
    const std::int64_t block = intAttribute(q.context.view.proto(q.node), "blocksize", 0);
    if (*q.axis != 1 || block < 1 || block > 4096)
        return blocked(q, "its axis is another one");
    const auto times = static_cast<std::size_t>(block * block);
    const std::size_t inputs = q.direction == Direction::Backward ? q.channels / times : q.channels;
    if (inputs == 0 || inputs > static_cast<std::size_t>(mostChannels) / times)
        return blocked(q, "it has another number of channels");
    std::vector<std::int64_t> source(inputs * times);
    for (std::size_t o = 0; o < source.size(); ++o)
        source[o] = static_cast<std::int64_t>(o % inputs);
    return picked(q, source, static_cast<std::int64_t>(inputs));
}

} // namespace pleat
