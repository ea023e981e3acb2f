// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/ReferenceParts.h"

#include <stdexcept>

namespace pleat::test::reference {

namespace {

// How a convolution walks: per spatial axis.
struct Walk {
    Dims strides, dilations, begins, ends;
};

Walk walkOf(const Attributes& attributes, std::size_t axes)
{
    const Dims ones(axes, 1);
    const Dims pads = attributes.integers("pads", Dims(2 * axes, 0));
    const std::string automatic = attributes.text("auto_pad", "NOTSET");
    if (automatic != "NOTSET" && automatic != "VALID")
        throw std::runtime_error("the reference does not compute auto_pad " + automatic);
    return {attributes.integers("strides", ones),
            attributes.integers("dilations", ones),
            {pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(axes)},
            {pads.begin() + static_cast<std::ptrdiff_t>(axes), pads.end()}};
}

} // namespace

Array conv(const Attributes& attributes, const Array& x, const Array& w, const Array* bias)
{
    const std::size_t axes = x.dims.size() - 2;
    const Walk walk = walkOf(attributes, axes);
    const std::int64_t groups = attributes.integer("group", 1), outputs = w.dims[0], perGroup = w.dims[1];
    Dims dims = {x.dims[0], outputs};
    for (std::size_t a = 0; a < axes; ++a)
        dims.push_back(
            (x.dims[a + 2] + walk.begins[a] + walk.ends[a] - walk.dilations[a] * (w.dims[a + 2] - 1) - 1) /
                walk.strides[a] +
            1);
    Array y = filled(x, dims);
    const Dims kernel(w.dims.begin() + 1, w.dims.end()); // input channel of the group, then the window
    each(dims, [&](const Dims& to) {
        const std::int64_t group = to[1] / (outputs / groups);
        long double sum = bias ? bias->values[static_cast<std::size_t>(to[1])] : 0;
        each(kernel, [&](const Dims& k) {
            Dims from = {to[0], group * perGroup + k[0]}, tap = {to[1]};
            tap.insert(tap.end(), k.begin(), k.end());
            for (std::size_t a = 0; a < axes; ++a) {
                from.push_back(to[a + 2] * walk.strides[a] - walk.begins[a] + k[a + 1] * walk.dilations[a]);
                if (from.back() < 0 || from.back() >= x.dims[a + 2])
                    return; // in the padding
            }
            sum += x.values[at(x.dims, from)] * w.values[at(w.dims, tap)];
        });
        y.values[at(dims, to)] = sum;
    });
    return y;
}

Array convTranspose(const Attributes& attributes, const Array& x, const Array& w, const Array* bias)
{
    const std::size_t axes = x.dims.size() - 2;
    const Walk walk = walkOf(attributes, axes);
    if (attributes.find("output_shape"))
        throw std::runtime_error("the reference does not compute output_shape");
    const Dims extra = attributes.integers("output_padding", Dims(axes, 0));
    const std::int64_t groups = attributes.integer("group", 1), perGroup = w.dims[1];
    Dims dims = {x.dims[0], perGroup * groups};
    for (std::size_t a = 0; a < axes; ++a)
        dims.push_back(walk.strides[a] * (x.dims[a + 2] - 1) + extra[a] +
                       walk.dilations[a] * (w.dims[a + 2] - 1) + 1 - walk.begins[a] - walk.ends[a]);
    Array y = filled(x, dims);
    if (bias)
        each(dims,
             [&](const Dims& to) { y.values[at(dims, to)] = bias->values[static_cast<std::size_t>(to[1])]; });
    const Dims kernel(w.dims.begin() + 1, w.dims.end()); // output channel of the group, then the window
    each(x.dims, [&](const Dims& from) {
        const std::int64_t group = from[1] / (x.dims[1] / groups);
        each(kernel, [&](const Dims& k) {
            Dims to = {from[0], group * perGroup + k[0]}, tap = {from[1]};
            tap.insert(tap.end(), k.begin(), k.end());
            for (std::size_t a = 0; a < axes; ++a) {
                to.push_back(from[a + 2] * walk.strides[a] - walk.begins[a] + k[a + 1] * walk.dilations[a]);
                if (to.back() < 0 || to.back() >= dims[a + 2])
                    return; // cropped
            }
            y.values[at(dims, to)] += x.values[at(x.dims, from)] * w.values[at(w.dims, tap)];
        });
    });
    return y;
}

} // namespace pleat::test::reference
