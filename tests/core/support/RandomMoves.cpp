// SPDX-License-Identifier: GPL-3.0-or-later
// The moves of RandomGraph that are there to mislead: the same value on several ways, outputs that are not
// the data, sizes that are equal by accident, axes from behind or named twice.
#include "tests/core/support/RandomGraph.h"

#include <algorithm>
#include <cmath>

namespace pleat::test {

// Mostly between a layer and a batch norm, in either order: there it matters what is made of them.
void RandomGraph::addMove(const Value& from)
{
    enum Frame { Layer, BatchNorm, Nothing };
    const auto around = static_cast<Frame>(m_model.integer(Layer, Nothing));
    const auto surround = [&](bool layer) {
        const Value value = m_values.back();
        m_model.from(value.name, value.channels);
        if (!layer)
            return addBatchNorm(value);
        const std::int64_t out = m_model.integer(1, 4) * 2;
        m_model.conv(named("conv"), {.out = out, .in = value.channels, .kernel = {1, 1}, .bias = chance(2)});
        push(out, value.size);
    };
    if (around == Nothing)
        return move(from);
    m_values.push_back(from);
    surround(around == Layer);
    m_model.from(m_values.back().name, m_values.back().channels);
    move(Value(m_values.back()));
    surround(around != Layer);
}

void RandomGraph::move(const Value& from)
{
    switch (m_model.integer(0, 18)) {
    case 0:
    case 1:
        return addSplit(from);
    case 2:
    case 3:
        return addFanOut(from);
    case 4:
        return addOtherOutput(from);
    case 5:
        return addResize(from);
    case 6:
        return addReduce(from);
    case 7:
        return addSqueeze(from);
    case 8:
        return addSwap(from);
    case 9:
        return addPick(from);
    case 10:
        return addOddPool(from);
    case 11:
        return addWiden(from);
    case 12:
        return addFlatten(from);
    default:
        return unusualMove(from);
    }
}

// An input of integers since `opset`, an attribute before.
std::vector<std::string> RandomGraph::integers(const std::string& name, const Dims& values,
                                               std::int64_t opset, const char* attribute,
                                               Attributes& attributes)
{
    if (m_opset >= opset)
        return {m_model.shapeConstant(name + "." + attribute, values)};
    attributes.emplace_back(attribute, values);
    return {};
}

// Something that leaves the shape alone.
std::string RandomGraph::altered(const std::string& value, std::int64_t channels, std::int64_t size)
{
    const std::string name = named("way");
    m_model.from(value, channels);
    switch (m_model.integer(0, 7)) {
    case 0: {
        const std::string shape =
            m_model.shapeConstant(name + ".shape", {chance(2) ? 0 : -1, channels, size, size});
        m_model.from(value, channels).then("Reshape", name, {shape});
        break;
    }
    case 1:
        m_model.then("Transpose", name, {}, {{"perm", Dims{0, 1, 3, 2}}});
        break;
    case 2:
        m_model.then("Relu", name);
        break;
    case 3:
        m_model.conv(name, {.out = channels, .in = channels, .kernel = {1, 1}, .bias = chance(2)});
        break;
    case 4:
        m_model.batchNorm(name, {.channels = channels});
        break;
    case 5:
        m_model.affine(chance(2) ? "Mul" : "Add", name, {channels, 1, 1});
        break;
    default:
        return value;
    }
    return m_model.current();
}

void RandomGraph::addSplit(const Value& from)
{
    if (from.channels < 2)
        return;
    const std::string name = named("split");
    const bool thirds = from.channels % 3 == 0 && chance(2);
    Dims parts(thirds ? 3 : 2, from.channels / (thirds ? 3 : 2));
    if (!thirds && (from.channels % 2 != 0 || chance(3))) {
        parts[0] = m_model.integer(1, from.channels - 1);
        parts[1] = from.channels - parts[0];
    }
    const bool equal = std::ranges::all_of(parts, [&](std::int64_t part) { return part == parts[0]; });
    Attributes attributes = {{"axis", chance(2) ? 1 : -3}};
    std::vector<std::string> inputs = {from.name};
    if (!equal || chance(2)) {
        for (const std::string& input : integers(name, parts, 13, "split", attributes))
            inputs.push_back(input);
    } else if (m_opset >= 18) {
        attributes.emplace_back("num_outputs", static_cast<int>(parts.size()));
    }
    std::vector<std::string> outputs;
    for (std::size_t p = 0; p < parts.size(); ++p)
        outputs.push_back(name + "_" + std::to_string(p));
    m_model.node("Split", inputs, outputs, attributes, name);
    for (std::size_t p = 0; p < parts.size(); ++p)
        outputs[p] = altered(outputs[p], parts[p], from.size);
    if (chance(8)) // the others are not read
        return m_values.push_back({outputs[0], parts[0], from.size});
    if (chance(8) && m_outputs.insert(outputs[0]).second)
        m_model.output(outputs[0]);
    join(outputs, parts, from.size);
}

void RandomGraph::join(std::vector<std::string> values, Dims channels, std::int64_t size)
{
    const std::string name = named("joined");
    if (chance(2)) {
        std::swap(values.front(), values.back());
        std::swap(channels.front(), channels.back());
    }
    std::int64_t all = 0;
    for (const std::int64_t part : channels)
        all += part;
    const bool equal = std::ranges::all_of(channels, [&](std::int64_t part) { return part == channels[0]; });
    if (equal && chance(2)) {
        const char* ops[] = {"Add", "Sub", "Sum", "Mul", "Max"};
        const std::int64_t op = values.size() == 2 ? m_model.integer(0, 4) : 2;
        m_model.node(ops[op], values, {name + "_out"}, {}, name);
        return push(channels[0], size);
    }
    if (all > 12)
        return;
    m_model.node("Concat", values, {name + "_out"}, {{"axis", chance(2) ? 1 : -3}}, name);
    push(all, size);
}

void RandomGraph::addFanOut(const Value& from)
{
    const std::string one = altered(from.name, from.channels, from.size),
                      other = altered(from.name, from.channels, from.size);
    join({one, other}, {from.channels, from.channels}, from.size);
}

// Masks and indices are no data, even where they are floats.
void RandomGraph::addOtherOutput(const Value& from)
{
    const std::string name = named("other");
    if (chance(2)) {
        m_model.node("Dropout", {from.name}, {name + "_data", name + "_mask"}, {}, name);
        if (m_opset >= 10)
            m_model.from(name + "_mask", from.channels)
                .then("Cast", name + "_cast", {}, {{"to", static_cast<int>(m_type)}});
        else
            m_model.from(name + "_mask", from.channels);
        m_values.push_back({name + "_data", from.channels, from.size});
        return push(from.channels, from.size);
    }
    // Windows of one number: where numbers are nearly equal, rounding would choose among them.
    m_model.node("MaxPool", {from.name}, {name + "_data", name + "_indices"}, {{"kernel_shape", Dims{1, 1}}},
                 name);
    m_values.push_back({name + "_data", from.channels, from.size});
    m_model.from(name + "_indices", from.channels)
        .then("Cast", name + "_cast", {}, {{"to", static_cast<int>(m_type)}})
        .affine("Mul", name + "_small", {});
    push(from.channels, from.size);
}

void RandomGraph::addResize(const Value& from)
{
    if (m_opset < 13 || from.size > 6)
        return;
    const std::string name = named("resize");
    const std::int64_t wanted = m_model.integer(1, 2 * from.size);
    Attributes attributes = {{"mode", std::string("nearest")},
                             {"coordinate_transformation_mode", std::string("asymmetric")},
                             {"nearest_mode", std::string("floor")}};
    Dims sizes = {2, chance(4) ? from.channels + 1 : from.channels, wanted, wanted};
    std::int64_t channels = sizes[1], size = wanted;
    if (m_opset >= 18) {
        sizes.erase(sizes.begin());
        attributes.emplace_back("axes", chance(2) ? Dims{1, 2, 3} : Dims{-3, -2, -1});
        if (chance(2)) {
            sizes[0] = channels = from.channels;
            const bool smaller = chance(2);
            attributes.emplace_back("keep_aspect_ratio_policy",
                                    std::string(smaller ? "not_larger" : "not_smaller"));
            const double ratio = static_cast<double>(wanted) / static_cast<double>(from.size);
            const double factor = smaller ? std::min(ratio, 1.0) : std::max(ratio, 1.0);
            const double exact = factor * static_cast<double>(from.channels);
            if (std::abs(exact - std::floor(exact) - 0.5) < 0.01)
                return; // which way it is rounded is not the matter here
            channels = std::llround(exact);
            size = std::llround(factor * static_cast<double>(from.size));
            if (channels < 1 || channels > 12)
                return;
        }
    }
    const std::string input = m_model.shapeConstant(name + ".sizes", sizes);
    m_model.node("Resize", {from.name, "", "", input}, {name + "_out"}, attributes, name);
    push(channels, size);
}

void RandomGraph::addReduce(const Value& from)
{
    const std::string name = named("reduce");
    const std::vector<Dims> choices = {{2, 3}, {-1, -2}, {2, -1}, {3, 2}, {2, 2, 3}, {-2, 2, -1}};
    const Dims axes = choices[static_cast<std::size_t>(m_model.integer(0, 5))];
    const char* ops[] = {"ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum"};
    const std::string op = ops[m_model.integer(0, 3)];
    const bool keep = chance(2);
    Attributes attributes = {{"keepdims", keep ? 1 : 0}};
    const auto more = integers(name, axes, op == "ReduceSum" ? 13 : 18, "axes", attributes);
    m_model.from(from.name, from.channels).then(op, name, more, attributes);
    if (!keep) {
        if (chance(2))
            m_model.batchNorm(named("bn"), {.channels = from.channels});
        const std::string reduced = m_model.current();
        Attributes none;
        const auto back = integers(name + "_back", {2, m_opset >= 11 ? -1 : 3}, 13, "axes", none);
        m_model.from(reduced, from.channels).then("Unsqueeze", name + "_back", back, none);
    }
    push(from.channels, 1);
}

void RandomGraph::addSqueeze(const Value& from)
{
    const std::string name = named("squeeze");
    const std::int64_t axis = m_model.integer(1, 4);
    Attributes attributes, again;
    const auto more = integers(name, {chance(2) && m_opset >= 11 ? axis - 5 : axis}, 13, "axes", attributes);
    m_model.from(from.name, from.channels).then("Unsqueeze", name, more, attributes);
    if (axis > 1 && chance(2))
        m_model.batchNorm(named("bn"), {.channels = from.channels});
    const std::string longer = m_model.current();
    const Dims removed = m_opset < 11 ? Dims{axis} : chance(3) ? Dims{axis, axis - 5} : Dims{axis - 5};
    const auto back = integers(name + "_back", removed, 13, "axes", again);
    m_model.from(longer, from.channels).then("Squeeze", name + "_back", back, again);
    push(from.channels, from.size);
}

// Channels and rows change places, by Transpose or (not the same) by Reshape, and back again.
void RandomGraph::addSwap(const Value& from)
{
    const std::string name = named("swap");
    if (chance(2)) {
        m_model.then("Transpose", name, {}, {{"perm", Dims{0, 2, 1, 3}}});
        if (chance(2))
            m_model.batchNorm(named("bn"), {.channels = from.size});
        else
            m_model.affine("Mul", named("mul"), {from.size, 1, 1});
        m_model.then("Transpose", name + "_back", {}, {{"perm", Dims{0, 2, 1, 3}}});
        return push(from.channels, from.size);
    }
    const std::string there = m_model.shapeConstant(name + ".shape", {0, from.size, from.channels, -1}),
                      back = m_model.shapeConstant(name + ".back", {0, from.channels, from.size, from.size});
    m_model.from(from.name, from.size).then("Reshape", name, {there});
    if (chance(2))
        m_model.batchNorm(named("bn"), {.channels = from.size});
    m_model.then("Reshape", name + "_back", {back});
    push(from.channels, from.size);
}

// Slice and Gather along the channels.
void RandomGraph::addPick(const Value& from)
{
    const std::string name = named("pick");
    if (chance(2)) {
        Dims which;
        for (std::int64_t n = m_model.integer(1, 6); n > 0; --n)
            which.push_back(m_model.integer(-from.channels, from.channels - 1));
        const std::string indices = m_model.shapeConstant(name + ".indices", which);
        m_model.from(from.name, from.channels)
            .then("Gather", name, {indices}, {{"axis", m_opset >= 11 && chance(2) ? -3 : 1}});
        return push(std::ssize(which), from.size);
    }
    if (m_opset < 10 || from.channels < 2)
        return;
    const std::int64_t start = m_model.integer(0, from.channels - 1), step = m_model.integer(1, 2);
    const std::string starts = m_model.shapeConstant(name + ".starts",
                                                     {chance(2) ? start : start - from.channels}),
                      ends = m_model.shapeConstant(name + ".ends", {chance(2) ? from.channels : 1000}),
                      axes = m_model.shapeConstant(name + ".axes", {chance(2) ? 1 : -3}),
                      steps = m_model.shapeConstant(name + ".steps", {step});
    m_model.from(from.name, from.channels).then("Slice", name, {starts, ends, axes, steps});
    push((from.channels - start + step - 1) / step, from.size);
}

// Windows that may hold nothing but padding.
void RandomGraph::addOddPool(const Value& from)
{
    if (m_opset < 10 || from.size < 2)
        return;
    const bool average = chance(2);
    const std::int64_t pad = m_model.integer(0, 1);
    Attributes attributes = {{"kernel_shape", Dims{2, 2}},
                             {"strides", Dims{m_model.integer(1, 3), m_model.integer(1, 3)}},
                             {"pads", Dims{pad, pad, pad, pad}},
                             {"ceil_mode", static_cast<int>(m_model.integer(0, 1))}};
    const std::int64_t dilation = m_model.integer(1, 3);
    if ((!average || m_opset >= 19) && dilation < from.size + 2 * pad)
        attributes.emplace_back("dilations", Dims{dilation, 1});
    if (average)
        attributes.emplace_back("count_include_pad", static_cast<int>(m_model.integer(0, 1)));
    m_model.then(average ? "AveragePool" : "MaxPool", named("pool"), {}, attributes)
        .then(chance(2) ? "GlobalAveragePool" : "GlobalMaxPool", named("pool"));
    push(from.channels, 1);
}

void RandomGraph::addWiden(const Value& from)
{
    const std::string name = named("wide");
    if (chance(2)) {
        if (from.channels > 6)
            return;
        const std::string repeats = m_model.shapeConstant(name + ".repeats", {1, 2, 1, 1});
        m_model.from(from.name, from.channels).then("Tile", name, {repeats});
        return push(2 * from.channels, from.size);
    }
    if (m_opset < 11)
        return;
    const std::string pads = m_model.shapeConstant(name + ".pads", {0, 1, 0, 0, 0, 0, 0, 0});
    m_model.from(from.name, from.channels).then("Pad", name, {pads}, {{"mode", std::string("constant")}});
    push(from.channels + 1, from.size);
}

void RandomGraph::addFlatten(const Value& from)
{
    const std::string name = named("flat");
    const std::int64_t features = from.channels * from.size * from.size;
    const bool inner = chance(2); // [N·C, H·W]
    m_model.from(from.name, inner ? from.size * from.size : features)
        .then("Flatten", name, {},
              {{"axis", static_cast<int>(inner                        ? 2
                                         : m_opset >= 11 && chance(2) ? -3
                                                                      : 1)}});
    if (chance(2))
        m_model.batchNorm(named("bn"), {.channels = inner ? from.size * from.size : features});
    const std::string shape =
        m_model.shapeConstant(name + ".shape", {chance(2) ? 2 : -1, from.channels, from.size, from.size});
    m_model.then("Reshape", name + "_back", {shape});
    push(from.channels, from.size);
}

} // namespace pleat::test
