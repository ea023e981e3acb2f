// SPDX-License-Identifier: GPL-3.0-or-later
// The moves of RandomGraph that let an affine pass though it does not seem so: channels that are spread over
// other axes, products with something else, constants beside the data, strides whose phases are alike.
#include "tests/core/support/RandomGraph.h"

namespace pleat::test {

void RandomGraph::unusualMove(const Value& from)
{
    switch (m_model.integer(0, 5)) {
    case 0:
        return addGate(from);
    case 1:
        return addConstantOperand(from);
    case 2:
        return addWholeFlatten(from);
    case 3:
        return addChannelPad(from);
    case 4:
        return addRunningSum(from);
    default:
        return addUpsampling(from);
    }
}

// A product with a gate of whatever shape, or with a mask.
void RandomGraph::addGate(const Value& from)
{
    const std::string name = named("gate");
    if (chance(3)) {
        m_model.affine("Mul", name,
                       chance(2) ? Dims{from.size, from.size} : Dims{from.channels, from.size, 1});
        return push(from.channels, from.size);
    }
    std::string gate = altered(from.name, from.channels, from.size);
    if (chance(2)) {
        m_model.from(gate, from.channels)
            .then("GlobalAveragePool", name + "_pool")
            .then("Sigmoid", name + "_to1");
        gate = m_model.current();
    }
    const std::string data = altered(from.name, from.channels, from.size);
    const bool second = m_opset >= 7 && chance(2); // before, only the second operand is broadcast
    m_model.node("Mul", {second ? gate : data, second ? data : gate}, {name + "_out"},
                 m_opset >= 7 ? Attributes{} : Attributes{{"broadcast", 1}}, name);
    push(from.channels, from.size);
}

// A constant that differs by position, added or put beside the data.
void RandomGraph::addConstantOperand(const Value& from)
{
    const std::string name = named("position");
    if (chance(2) && m_opset >= 7) {
        const std::vector<Dims> shapes = {{from.size, from.size},
                                          {from.channels, from.size, from.size},
                                          {1, 1, from.size, 1},
                                          {2, from.channels, 1, 1}};
        m_model.affine(chance(2) ? "Add" : "Sub", name,
                       shapes[static_cast<std::size_t>(m_model.integer(0, 3))], chance(2));
        return push(from.channels, from.size);
    }
    if (from.channels > 9)
        return;
    const std::string rest = m_model.random(name + ".rest", {2, 2, from.size, from.size}, -1, 1);
    const bool first = chance(2);
    m_model.node("Concat", {first ? rest : from.name, first ? from.name : rest}, {name + "_out"},
                 {{"axis", 1}}, name);
    push(from.channels + 2, from.size);
}

// Into one row, or with the channels last, and back.
void RandomGraph::addWholeFlatten(const Value& from)
{
    const std::string name = named("row");
    const std::int64_t features = from.channels * from.size * from.size;
    const bool last = chance(2);
    if (last)
        m_model.from(from.name, from.channels)
            .then("Transpose", name + "_last", {}, {{"perm", Dims{0, 2, 3, 1}}});
    const std::string image = m_model.current();
    const bool row = chance(2);
    const std::string flat = m_model.shapeConstant(name + ".flat", {row ? 1 : 2, -1});
    m_model.from(image, row ? 2 * features : features).then("Reshape", name, {flat});
    if (chance(3))
        m_model.batchNorm(named("bn"));
    const std::string values = m_model.current();
    const std::string shape =
        m_model.shapeConstant(name + ".shape", last ? Dims{2, from.size, from.size, from.channels}
                                                    : Dims{2, from.channels, from.size, from.size});
    m_model.from(values, from.channels).then("Reshape", name + "_back", {shape});
    if (last)
        m_model.then("Transpose", name + "_first", {}, {{"perm", Dims{0, 3, 1, 2}}});
    push(from.channels, from.size);
}

void RandomGraph::addChannelPad(const Value& from)
{
    if (m_opset < 11 || from.channels < 3 || from.channels > 9)
        return;
    const std::string name = named("channels");
    const bool crops = chance(3);
    const std::int64_t front = crops ? -m_model.integer(0, 1) : m_model.integer(0, 2),
                       behind = crops ? -m_model.integer(0, 1) : m_model.integer(0, 1);
    const std::string pads = m_model.shapeConstant(name + ".pads", {0, front, 0, 0, 0, behind, 0, 0});
    m_model.from(from.name, from.channels)
        .then("Pad", name, {pads}, {{"mode", std::string(chance(2) ? "edge" : "reflect")}});
    push(from.channels + front + behind, from.size);
}

void RandomGraph::addRunningSum(const Value& from)
{
    if (m_opset < 11 || from.size > 4) // longer sums are large, and small differences of them are lost
        return;
    const std::string name = named("sum");
    const std::string axis =
        m_model.constant(name + ".axis", {}, {static_cast<double>(m_model.integer(-3, 3))}, DataType::Int64);
    m_model.from(from.name, from.channels).then("CumSum", name, {axis}, {{"reverse", chance(2) ? 1 : 0}});
    push(from.channels, from.size);
}

// A ConvTranspose whose outputs see the same sum of weights at each phase of its stride, or nearly so.
void RandomGraph::addUpsampling(const Value& from)
{
    if (from.size > 4)
        return;
    const std::string name = named("up");
    const std::int64_t out = m_model.integer(1, 3), kernel = chance(2) ? 2 : 4;
    std::vector<double> weights;
    for (std::int64_t pair = 0; pair < from.channels * out; ++pair) {
        const double w = static_cast<double>(m_model.integer(-8, 8)) / 8;
        for (std::int64_t tap = 0; tap < kernel * kernel; ++tap) {
            const auto part = [kernel](std::int64_t at) {
                return kernel == 2 ? 1 : at == 0 || at == 3 ? 0.25 : 0.75;
            };
            weights.push_back(w * part(tap / kernel) * part(tap % kernel));
        }
    }
    if (chance(5))
        weights.front() += 0.5;
    ConvSpec spec{.out = out, .in = from.channels, .kernel = {kernel, kernel}, .bias = chance(2)};
    const std::int64_t pad = kernel == 2 ? 0 : m_model.integer(1, 2), extra = chance(3) ? 1 : 0;
    const std::int64_t size = 2 * (from.size - 1) + kernel - 2 * pad + extra;
    if (size < 1)
        return;
    spec.strides = {2, 2};
    spec.pads = {pad, pad, pad, pad};
    if (extra > 0)
        spec.outputPadding = {1, 1};
    spec.weight = m_model.constant(name + ".weight", {from.channels, out, kernel, kernel}, weights, m_type);
    m_model.from(from.name, from.channels).convTranspose(name, spec);
    push(out, size);
}

} // namespace pleat::test
