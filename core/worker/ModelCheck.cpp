// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/ModelCheck.h"

#include "core/worker/Worker.h"

#include <algorithm>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

// The first line, which tells what is wrong; where in the graph follows in many.
std::string firstLine(std::string_view text)
{
    return std::string(text.substr(0, std::min(text.find('\n'), text.size())));
}

} // namespace

Result<void> checkModel(TaskChannel& channel)
{
    onnx::ModelProto model;
    if (!model.ParseFromString(readAll(channel.input)))
        return failure(ErrorCode::Unsupported, "What was to be checked cannot be read.");
    std::string problem;
    try {
        onnx::checker::check_model(model);
    } catch (const onnx::checker::ValidationError& error) {
        problem = firstLine(error.what());
    }
    channel.give(problem);
    return {};
}

Result<std::string> checkByOnnx(const std::string& model, const std::filesystem::path& program,
                                Progress& progress, const std::stop_token& stop)
{
    auto answer = answerOf(program, checkTask, {}, model, 1, "ONNX's checker", progress, stop);
    if (!answer)
        return tl::make_unexpected(std::move(answer.error()));
    return std::move(answer->front());
}

} // namespace pleat
