// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/RatioSums.h"

#include "core/model/Model.h"
#include "core/tensor/Blocks.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pleat {

Result<void> RatioSums::add(const onnx::TensorProto& was, const onnx::TensorProto& is,
                            const std::stop_token& stop)
{
    const TensorView a = tensorView(was, nullptr), b = tensorView(is, nullptr);
    std::vector<double> others;
    Result<void> read;
    const auto done = forEachBlock(a, stop, [&](std::uint64_t first, std::span<const double> values) {
        others.resize(values.size());
        if (read)
            read = b.readDoubles(first, others);
        if (!read)
            return;
        for (std::size_t e = 0; e < values.size(); ++e) {
            if (!std::isfinite(values[e]))
                continue;
            const double off = values[e] - others[e];
            m_signal += values[e] * values[e];
            m_noise += std::isfinite(off) ? off * off : std::numeric_limits<double>::infinity();
            m_any = true;
        }
    });
    return done ? read : done;
}

double RatioSums::ratio() const
{
    if (!m_any)
        return std::numeric_limits<double>::quiet_NaN();
    return m_noise == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(m_signal / m_noise);
}

bool areScores(const onnx::TensorProto& tensor)
{
    return isFloating(static_cast<DataType>(tensor.data_type())) && tensor.dims_size() == 2 &&
           tensor.dims(1) >= 2;
}

Result<std::vector<std::int64_t>> firstClasses(const onnx::TensorProto& scores)
{
    const auto values = tensorView(scores, nullptr).doubles();
    if (!values)
        return tl::make_unexpected(values.error());
    std::vector<std::int64_t> classes;
    classes.reserve(static_cast<std::size_t>(scores.dims(0)));
    const auto columns = static_cast<std::ptrdiff_t>(scores.dims(1));
    for (auto row = values->begin(); row != values->end(); row += columns)
        classes.push_back(std::max_element(row, row + columns) - row);
    return classes;
}

} // namespace pleat
