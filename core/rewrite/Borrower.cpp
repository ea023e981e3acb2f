// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewrite/Borrower.h"

#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

// A node with the attributes of another, which lives as long.
struct Borrower {
    explicit Borrower(std::shared_ptr<const onnx::NodeProto> from) : lender(std::move(from))
    {
        onnx::NodeProto whole(*lender); // the one way to get at fields that this ONNX does not know
        whole.clear_attribute();
        node = std::move(whole);
        node.mutable_attribute()->Reserve(lender->attribute_size());
        for (const onnx::AttributeProto& attribute : lender->attribute())
            node.mutable_attribute()->UnsafeArenaAddAllocated(const_cast<onnx::AttributeProto*>(&attribute));
    }
    Borrower(const Borrower&) = delete;
    Borrower& operator=(const Borrower&) = delete;
    ~Borrower()
    {
        while (node.attribute_size() > 0)
            node.mutable_attribute()->UnsafeArenaReleaseLast();
    }

    std::shared_ptr<const onnx::NodeProto> lender;
    onnx::NodeProto node;
};

} // namespace

std::shared_ptr<onnx::NodeProto> borrowing(std::shared_ptr<const onnx::NodeProto> message)
{
    if (message->attribute().empty())
        return std::make_shared<onnx::NodeProto>(*message);
    const auto borrower = std::make_shared<Borrower>(std::move(message));
    return {borrower, &borrower->node};
}

} // namespace pleat
