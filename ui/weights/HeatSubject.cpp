// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/HeatSubject.h"

#include "ui/document/Convert.h"

#include <QStringList>
#include <array>
#include <charconv>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

bool HeatSubject::areComparable() const
{
    return before && before->tensor.dims() == after.tensor.dims() && before->layout == after.layout;
}

const HeatSubject::Weights& HeatSubject::of(HeatSide side) const
{
    return side == HeatSide::Before && before ? *before : after;
}

CellValues HeatSubject::values(HeatSide side) const
{
    constexpr double leastShare = 1e-6; // of the largest: what is smaller counts as this when it divides
    CellValues values{of(side).tensor, {}, {}};
    if (!areComparable() || side == HeatSide::Before || side == HeatSide::After)
        return values;
    values.before = before->tensor;
    if (side == HeatSide::Relative)
        values.floor = reach * leastShare;
    return values;
}

QString elementIndex(std::uint64_t element, std::span<const std::int64_t> dims)
{
    QStringList index;
    for (std::size_t axis = dims.size(); axis-- > 0;) {
        const auto extent = static_cast<std::uint64_t>(dims[axis]);
        index.prepend(QString::number(element % extent));
        element /= extent;
    }
    return u'[' + index.join(u", "_s) + u']';
}

QString exactNumber(double value, DataType type)
{
    if (!std::isfinite(value))
        return number(value);
    std::array<char, 32> text{};
    char* const begin = text.data();
    char* const end = begin + text.size();
    const bool isSingle = isFloating(type) && type != DataType::Double;
    const auto written =
        isSingle ? std::to_chars(begin, end, static_cast<float>(value)) : std::to_chars(begin, end, value);
    return QString::fromLatin1(begin, written.ptr - begin).replace(u'-', u'−');
}

} // namespace pleat::ui
