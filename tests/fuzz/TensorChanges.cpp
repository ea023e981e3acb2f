// SPDX-License-Identifier: GPL-3.0-or-later
// The tensors of a model: other shapes, types, values and places, and new constants.
#include "tests/core/support/Messages.h"
#include "tests/fuzz/ModelChanges.h"

#include <algorithm>
#include <array>

namespace pleat::fuzz {

using test::Dims;

namespace {

std::int64_t elements(const onnx::TensorProto& tensor)
{
    std::int64_t count = 1;
    for (const std::int64_t dim : tensor.dims()) {
        if (dim < 0 || dim > 4096 || count > 4096)
            return -1;
        count *= dim;
    }
    return count;
}

} // namespace

onnx::TensorProto* ModelChanges::anyTensor(Scope& scope)
{
    std::vector<onnx::TensorProto*> all;
    if (scope.graph) {
        for (auto& tensor : *scope.graph->mutable_initializer())
            all.push_back(&tensor);
    }
    for (auto& node : *scope.nodes) {
        for (auto& attribute : *node.mutable_attribute()) {
            if (attribute.has_t())
                all.push_back(attribute.mutable_t());
        }
    }
    return all.empty() ? nullptr : m_dice.of(all);
}

void ModelChanges::changeTensor(onnx::TensorProto& tensor)
{
    if (tensor.data_location() == onnx::TensorProto::EXTERNAL || m_dice.oneIn(24))
        return changeExternal(tensor);
    const std::int64_t count = elements(tensor);
    Dims dims(tensor.dims().begin(), tensor.dims().end());
    switch (m_dice.below(4)) {
    case 0: // one dimension more, less, or another one
        if (m_dice.oneIn(3) && !dims.empty())
            dims.pop_back();
        else if (m_dice.oneIn(2))
            dims.insert(dims.begin() + m_dice.below(static_cast<int>(dims.size()) + 1), 1);
        else if (!dims.empty())
            dims[m_dice.below(dims.size())] = m_dice.below(9);
        break;
    case 1: // the same elements in another shape
        if (count > 0 && dims.size() > 1) {
            std::swap(dims[m_dice.below(dims.size())], dims[m_dice.below(dims.size())]);
            *tensor.mutable_dims() = {dims.begin(), dims.end()};
        }
        return;
    case 2:
        if (!tensor.raw_data().empty()) {
            auto& raw = *tensor.mutable_raw_data();
            raw[m_dice.below(raw.size())] = static_cast<char>(m_dice.below(256));
            return;
        }
        break;
    default:
        break; // the same shape with other values and another type
    }
    std::size_t size = 1;
    for (const std::int64_t dim : dims)
        size *= dim >= 0 && dim <= 64 ? static_cast<std::size_t>(dim) : 0;
    std::vector<double> values(std::min<std::size_t>(size, 4096));
    if (size > values.size())
        return;
    const bool whole = m_dice.oneIn(2);
    std::generate(values.begin(), values.end(), [&] { return whole ? m_dice.below(7) - 1 : m_dice.real(); });
    constexpr std::array types = {DataType::Float,   DataType::Float,    DataType::Float, DataType::Double,
                                  DataType::Float16, DataType::BFloat16, DataType::Int64, DataType::Int32,
                                  DataType::Int8,    DataType::UInt8};
    const DataType type = types[m_dice.below(types.size())];
    if (!isFoldable(type))
        std::generate(values.begin(), values.end(), [&] { return m_dice.below(7); });
    const bool negativeDimension =
        std::ranges::any_of(dims, [](std::int64_t dim) { return dim < 0 || dim > 64; });
    if (!negativeDimension)
        tensor = test::tensorProto(tensor.name(), dims, values, type, m_dice.oneIn(3));
}

void ModelChanges::changeExternal(onnx::TensorProto& tensor)
{
    constexpr const char* locations[] = {"w.bin",
                                         "x.bin",
                                         "link",
                                         "folder",
                                         "folder/w.bin",
                                         "../secret",
                                         "../../secret",
                                         "link/secret",
                                         "/etc/passwd",
                                         "",
                                         ".",
                                         "..",
                                         "./w.bin",
                                         "model.onnx",
                                         "w.bin/",
                                         "saved.onnx",
                                         "folder/../w.bin",
                                         "/proc/self/fd/0",
                                         "/dev/zero",
                                         "absent"};
    constexpr const char* numbers[] = {"0",
                                       "1",
                                       "4",
                                       "16",
                                       "4096",
                                       "65536",
                                       "-1",
                                       "18446744073709551615",
                                       "18446744073709551616",
                                       "9223372036854775807",
                                       "1e3",
                                       " 1",
                                       "+1",
                                       "0x10",
                                       "",
                                       "007",
                                       "4294967296"};
    constexpr const char* keys[] = {"location", "offset", "length", "checksum", "pleat.payload"};
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    if (!m_dice.oneIn(6)) {
        tensor.clear_raw_data();
        tensor.clear_float_data();
        tensor.clear_int32_data();
        tensor.clear_int64_data();
        tensor.clear_double_data();
    }
    const std::size_t key = m_dice.below(std::size(keys));
    onnx::StringStringEntryProto* entry = nullptr;
    for (auto& old : *tensor.mutable_external_data()) {
        if (old.key() == keys[key])
            entry = &old;
    }
    if (!entry || m_dice.oneIn(10))
        entry = tensor.add_external_data();
    entry->set_key(keys[key]);
    if (key == 0)
        entry->set_value(locations[m_dice.below(std::size(locations))]);
    else if (m_dice.oneIn(2))
        entry->set_value(std::to_string(4 * m_dice.below(40)));
    else
        entry->set_value(numbers[m_dice.below(std::size(numbers))]);
    if (tensor.external_data_size() == 1 && key != 0) {
        entry = tensor.add_external_data();
        entry->set_key("location");
        entry->set_value("w.bin");
    }
}

std::string ModelChanges::constant(Scope& scope, const std::vector<std::int64_t>& dims, bool integers)
{
    std::vector<double> values(static_cast<std::size_t>(test::elementCount(dims)));
    std::generate(values.begin(), values.end(),
                  [&] { return integers ? m_dice.below(6) - 1 : 0.25 + 0.25 * m_dice.below(8); });
    const std::string name = fresh("constant");
    const auto tensor = test::tensorProto(name, dims, values, integers ? DataType::Int64 : DataType::Float);
    if (scope.graph && !m_dice.oneIn(4)) {
        *scope.graph->add_initializer() = tensor;
        return name;
    }
    auto& node = *scope.nodes->Add();
    node.set_op_type("Constant");
    node.add_output(name);
    test::setAttribute(node, "value", tensor);
    return name;
}

// The length of some vector or first dimension: likely what the layers around have.
std::int64_t ModelChanges::channels(const Scope& scope)
{
    std::vector<std::int64_t> seen = {4};
    const onnx::GraphProto* graph = scope.graph ? scope.graph : m_scopes.front().graph;
    for (const auto& tensor : graph->initializer()) {
        if (tensor.dims_size() > 0 && tensor.dims(0) > 0 && tensor.dims(0) <= 64)
            seen.push_back(tensor.dims(0));
    }
    return m_dice.of(seen);
}

} // namespace pleat::fuzz
