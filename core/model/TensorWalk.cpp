// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/TensorWalk.h"

#include <charconv>

namespace pleat {

std::optional<std::size_t> payloadIndex(const onnx::TensorProto& tensor)
{
    if (tensor.data_location() != onnx::TensorProto::EXTERNAL || tensor.external_data_size() != 1)
        return std::nullopt;
    const auto& entry = tensor.external_data(0);
    if (entry.key() != payloadKey)
        return std::nullopt;
    const std::string& text = entry.value();
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return index;
}

const Payload* payloadOf(std::span<const Payload> payloads, const onnx::TensorProto& tensor)
{
    const auto index = payloadIndex(tensor);
    return index && *index < payloads.size() ? &payloads[*index] : nullptr;
}

void movePayload(onnx::TensorProto& tensor, std::span<const Payload> from, std::vector<Payload>& into)
{
    if (const Payload* payload = payloadOf(from, tensor)) {
        setPayload(tensor, into.size());
        into.push_back(*payload);
    }
}

void movePayloads(onnx::AttributeProto& attribute, std::span<const Payload> from, std::vector<Payload>& into)
{
    forEachTensorOf(attribute, [&](onnx::TensorProto& tensor) { movePayload(tensor, from, into); });
}

void setPayload(onnx::TensorProto& tensor, std::size_t index)
{
    tensor.clear_float_data();
    tensor.clear_int32_data();
    tensor.clear_string_data();
    tensor.clear_int64_data();
    tensor.clear_double_data();
    tensor.clear_uint64_data();
    tensor.clear_raw_data();
    tensor.clear_external_data();
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    auto* entry = tensor.add_external_data();
    entry->set_key(std::string(payloadKey));
    entry->set_value(std::to_string(index));
}

} // namespace pleat
