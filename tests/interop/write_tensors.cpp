// SPDX-License-Identifier: GPL-3.0-or-later
// Writes initializers of a model as .npy, .npz or .safetensors, for tensors.py to read them back.
//   write_tensors MODEL OUT [--fold] [--transpose] [NAME [FIRST:COUNT…]]
// Without a NAME all of them. --fold: of the model with its batch norms folded. --transpose: matrices column
// after column. OUT.csv is what the table of WEIGHTS shows of NAME for `axes` ROWS COLUMNS POSITION…, a
// position an axis. The exit code is 1, with a sentence, where something cannot be written.
#include "core/fold/Fold.h"
#include "core/model/ModelReader.h"
#include "core/report/Npy.h"
#include "core/report/PlaneCsv.h"
#include "core/report/Safetensors.h"

#include <algorithm>
#include <cstdio>

using namespace pleat;

namespace {

int fail(const std::string& message)
{
    std::fprintf(stderr, "%s\n", message.c_str());
    return 1;
}

Slice slice(const std::string& text)
{
    const std::size_t colon = text.find(':');
    return {std::stoull(text.substr(0, colon)), std::stoull(text.substr(colon + 1))};
}

// All of the plane that these two axes and positions choose; "-" is no axis.
Result<void> savePlane(const std::string& out, const TensorView& tensor,
                       const std::vector<std::string>& chosen)
{
    TensorPlane plane = TensorPlane::of(tensor.dims());
    const auto axis = [&](std::size_t at) {
        return chosen.at(at) == "-" ? TensorPlane::noAxis : std::stoul(chosen.at(at));
    };
    plane.rowAxis = axis(0);
    plane.columnAxis = axis(1);
    for (std::size_t a = 2; a < chosen.size(); ++a)
        plane.at.at(a - 2) = std::stoull(chosen[a]);
    NoProgress quiet;
    return savePlaneCsv(out, Elements(tensor), plane, {0, 0, plane.rows(), plane.columns()}, {}, quiet, {});
}

bool take(std::vector<std::string>& arguments, const std::string& flag)
{
    return std::erase(arguments, flag) > 0;
}

} // namespace

int main(int argc, char** argv)
{
    std::vector<std::string> arguments(argv + 1, argv + argc);
    const bool folds = take(arguments, "--fold"), transposes = take(arguments, "--transpose");
    if (arguments.size() < 2)
        return fail("usage: write_tensors MODEL OUT [--fold] [--transpose] [NAME [FIRST:COUNT...]]");
    NoProgress quiet;
    auto opened = openModel(arguments[0], quiet, {});
    if (!opened)
        return fail(opened.error().message);
    Model model = opened->model;
    if (folds) {
        auto folded = fold(GraphView::of(model), {}, {}, quiet, {});
        if (!folded)
            return fail(folded.error().message);
        model = folded->after;
    }
    std::vector<NamedTensor> tensors;
    for (const Initializer& initializer : model.graph->initializers) {
        const std::string name(initializer.tensor.name());
        const bool matrix = initializer.tensor.dims().size() == 2;
        if (arguments.size() == 2 || arguments[2] == name)
            tensors.push_back({name, tensorView(initializer.tensor), transposes && matrix});
    }
    if (arguments[1].ends_with(".csv")) {
        const auto saved =
            savePlane(arguments[1], tensors.at(0).tensor, {arguments.begin() + 3, arguments.end()});
        return saved ? 0 : fail(saved.error().message);
    }
    std::vector<Slice> selection;
    for (std::size_t a = 3; a < arguments.size(); ++a)
        selection.push_back(slice(arguments[a]));
    const std::string& out = arguments[1];
    const auto done = out.ends_with(".npy")   ? saveNpy(out, tensors.at(0).tensor, selection, {})
                      : out.ends_with(".npz") ? saveNpz(out, tensors, {})
                                              : saveSafetensors(out, tensors, {{"format", "pt"}}, {});
    return done ? 0 : fail(done.error().message);
}
