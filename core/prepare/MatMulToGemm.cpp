// SPDX-License-Identifier: GPL-3.0-or-later
// A product of matrices and a constant added to it are one Gemm (Gemm-7 and later, Add and Sub from opset 7
// on, MatMul of any version):
//   AB + c = 1·AB + 1·c    AB − c = 1·AB + (−1)·c    c − AB = (−1)·AB + 1·c
// where A and B have two axes, since MatMul is for more and Gemm is not, and c is lined up with AB without
// making it larger: one number, or one for each column. The products are the same; what is added in which
// order is the engine's affair, so that results may differ in the last place.
#include "core/graph/Opsets.h"
#include "core/prepare/ConstantOperand.h"
#include "core/prepare/PassFiles.h"

#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

// So many columns, or one number for all, in one row.
bool fitsColumns(const std::vector<std::int64_t>& dims, std::int64_t columns)
{
    if (dims.size() > 2 || (dims.size() == 2 && dims[0] != 1))
        return false;
    return dims.empty() || dims.back() == 1 || (columns > 0 && dims.back() == columns);
}

void setFloat(onnx::NodeProto& node, const char* name, float value)
{
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(value);
}

void look(Round& round, NodeIndex add)
{
    const GraphView& view = round.view();
    const auto operand = constantOperand(view, add);
    const NodeIndex product = operand ? view.producer(operand->data) : NodeIndex::None;
    if (product == NodeIndex::None || view.op(product) != "MatMul" || !view.domain(product).empty() ||
        !round.isFree(product))
        return;
    const auto leave = [&](const char* code, Sentence why) { round.leave(add, code, std::move(why)); };
    const Shapes& shapes = round.shapes();
    const auto a = shapes.rank(view.input(product, 0)), b = shapes.rank(view.input(product, 1));
    if (!a || !b || *a != 2 || *b != 2)
        return leave("not-two-axes",
                     sentence("{} stays: {} is not known to multiply two matrices of two axes",
                              operation(view, add), operation(view, product)));
    if (!fitsColumns(operand->constant.dims, shapes.size(view.input(product, 1), 1)))
        return leave("per-element", sentence("{} stays: its constant is not one number for each column of {}",
                                             operation(view, add), operation(view, product)));
    if (!isReadOnlyBy(view, operand->data, add))
        return leave("read-elsewhere", sentence("{} stays: the result of {} is read elsewhere, too",
                                                operation(view, add), operation(view, product)));
    if (operand->constant.type == DataType::BFloat16 && opsetOf(view, product) < 13)
        return;
    const ValueIndex from = view.output(add, 0);
    Rewriter& pen = round.pen();
    if (!pen.canReplace(from, operand->data) ||
        !round.claim({add, product},
                     sentence("{} and {} become one Gemm", operation(view, product), operation(view, add))))
        return;
    pen.replace(from, operand->data);
    pen.remove(add);
    onnx::NodeProto& gemm = pen.change(product);
    gemm.set_op_type("Gemm");
    gemm.add_input(std::string(view.name(operand->value)));
    if (view.op(add) == "Sub")
        setFloat(gemm, operand->dataSlot == 0 ? "beta" : "alpha", -1);
}

} // namespace

Result<void> lookForGemms(Round& round, Progress&, const std::stop_token& stop)
{
    const GraphView& view = round.view();
    const auto isProduct = [&](ValueIndex value) {
        const NodeIndex maker = view.producer(value);
        return maker != NodeIndex::None && view.op(maker) == "MatMul";
    };
    for (const NodeIndex node : round.nodes()) {
        if (stop.stop_requested())
            return cancelled();
        if (view.domain(node).empty() && (view.op(node) == "Add" || view.op(node) == "Sub") &&
            (isProduct(view.input(node, 0)) || isProduct(view.input(node, 1))))
            look(round, node);
    }
    return {};
}

} // namespace pleat
