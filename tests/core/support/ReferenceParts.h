// SPDX-License-Identifier: GPL-3.0-or-later
// What the reference's operators share: multi-indices and attributes. Private to ReferenceEngine.cpp and
// ReferenceConv.cpp.
#pragma once

#include "tests/core/support/OrtRunner.h"

#include <functional>
#include <onnx/onnx_pb.h>

namespace pleat::test::reference {

using Dims = std::vector<std::int64_t>;

inline std::size_t count(const Dims& dims)
{
    std::int64_t product = 1;
    for (const std::int64_t dim : dims)
        product *= dim;
    return static_cast<std::size_t>(product);
}

inline Array filled(const Array& like, const Dims& dims, long double value = 0)
{
    return {like.type, dims, std::vector<long double>(count(dims), value)};
}

// Position of a multi-index in a row-major array.
inline std::size_t at(const Dims& dims, const Dims& index)
{
    std::int64_t position = 0;
    for (std::size_t i = 0; i < dims.size(); ++i)
        position = position * dims[i] + index[i];
    return static_cast<std::size_t>(position);
}

// Calls `visit` with every multi-index of `dims`, in row-major order.
inline void each(const Dims& dims, const std::function<void(const Dims&)>& visit)
{
    Dims index(dims.size(), 0);
    for (std::size_t n = count(dims); n > 0; --n) {
        visit(index);
        for (std::size_t i = dims.size(); i-- > 0;) {
            if (++index[i] < dims[i])
                break;
            index[i] = 0;
        }
    }
}

class Attributes final {
public:
    explicit Attributes(const onnx::NodeProto& node) : m_node(node) {}
    std::int64_t integer(const char* name, std::int64_t fallback) const
    {
        const auto* found = find(name);
        return found ? found->i() : fallback;
    }
    long double real(const char* name, float fallback) const
    {
        const auto* found = find(name);
        return found ? found->f() : fallback;
    }
    std::string text(const char* name, const std::string& fallback) const
    {
        const auto* found = find(name);
        return found ? found->s() : fallback;
    }
    Dims integers(const char* name, const Dims& fallback) const
    {
        const auto* found = find(name);
        return found ? Dims(found->ints().begin(), found->ints().end()) : fallback;
    }
    const onnx::AttributeProto* find(const char* name) const
    {
        for (const auto& attribute : m_node.attribute())
            if (attribute.name() == name)
                return &attribute;
        return nullptr;
    }

private:
    const onnx::NodeProto& m_node;
};

// https://onnx.ai/onnx/operators/onnx__Conv.html and onnx__ConvTranspose.html; the bias may be null.
Array conv(const Attributes& attributes, const Array& x, const Array& w, const Array* bias);
Array convTranspose(const Attributes& attributes, const Array& x, const Array& w, const Array* bias);

} // namespace pleat::test::reference
