// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/WholeRun.h"

#include "core/verify/BatchRun.h"

#include <algorithm>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

constexpr std::size_t mostJoined = std::size_t{1} << 30; // bytes of an output

Result<void> append(onnx::TensorProto& all, const onnx::TensorProto& batch)
{
    const auto type = static_cast<DataType>(batch.data_type());
    const bool isPacked = elementBits(type) > 0 && elementBits(type) < 8; // two batches may share a byte
    const int ownRank = batch.dims_size();
    bool isAlike =
        all.data_type() == batch.data_type() && all.dims_size() == std::max(ownRank, 1) && !isPacked;
    for (int axis = 1; isAlike && axis < ownRank; ++axis)
        isAlike = all.dims(axis) == batch.dims(axis);
    if (!isAlike)
        return failure(
            ErrorCode::Unsupported,
            fmt::format("What comes of {} has other sizes for some inputs than for others.", batch.name()));
    if (all.raw_data().size() + batch.raw_data().size() > mostJoined)
        return failure(ErrorCode::Unsupported,
                       fmt::format("The output {} is larger than 1 GiB for all inputs. Give fewer of them.",
                                   batch.name()));
    all.set_dims(0, all.dims(0) + (ownRank == 0 ? 1 : batch.dims(0)));
    all.mutable_raw_data()->append(batch.raw_data());
    all.mutable_string_data()->MergeFrom(batch.string_data());
    return {};
}

} // namespace

Result<std::vector<onnx::TensorProto>> runOnAll(const Model& model, const Inputs& inputs,
                                                std::span<const std::string> outputs,
                                                const WorkerPlace& place, Progress& progress,
                                                const std::stop_token& stop)
{
    std::vector<onnx::TensorProto> all(outputs.size());
    const auto take = [&](std::size_t batch, std::size_t output, onnx::TensorProto tensor) -> Result<void> {
        if (batch > 0)
            return append(all[output], tensor);
        all[output] = std::move(tensor);
        if (inputs.batches > 1 && all[output].dims_size() == 0)
            all[output].add_dims(1);
        return {};
    };
    std::size_t atOnce = inputs.batches;
    if (inputs.batches > 1) {
        const auto bytes = bytesOfABatch(inputs);
        if (!bytes)
            return tl::make_unexpected(bytes.error());
        atOnce = std::clamp<std::size_t>(mostJoined / 4 / (*bytes + 1), 1, inputs.batches);
    }
    for (std::size_t batch = 0; batch < inputs.batches; batch += atOnce)
        if (auto done = runOnBatches(model, inputs, {batch, std::min(atOnce, inputs.batches - batch)},
                                     outputs, place, take, progress, stop);
            !done)
            return tl::make_unexpected(std::move(done.error()));
    return all;
}

} // namespace pleat
