// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/Evaluation.h"

#include "core/tensor/DataType.h"
#include "core/worker/OnnxSession.h"
#include "core/worker/Worker.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace pleat {

namespace {

constexpr std::uint64_t largestBetween = std::uint64_t{1} << 30; // bytes of what one node hands to the next
constexpr std::size_t piecesOfAnOutput = 3;                      // problem, bytes, tensor

std::uint64_t numberIn(std::string_view text)
{
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::uint64_t elementsOf(const onnx::TensorProto& tensor)
{
    std::uint64_t count = 1;
    for (const std::int64_t size : tensor.dims())
        count *= static_cast<std::uint64_t>(size);
    return count;
}

std::uint64_t bytesOf(const onnx::TensorProto& tensor)
{
    if (tensor.data_type() != onnx::TensorProto::STRING)
        return storedBytes(static_cast<DataType>(tensor.data_type()), elementsOf(tensor));
    std::uint64_t bytes = 0;
    for (const std::string& text : tensor.string_data())
        bytes += text.size();
    return bytes;
}

bool hasData(const onnx::TensorProto& tensor)
{
    return elementsOf(tensor) == 0 || tensor.has_raw_data() || tensor.string_data_size() > 0;
}

class Evaluation final {
public:
    Evaluation(const LoadedOnnxRuntime& runtime, const onnx::ModelProto& model, std::uint64_t largest,
               TaskChannel& channel)
        : m_runtime(runtime),
          m_model(model),
          m_largest(largest),
          m_channel(channel)
    {
    }

    Result<void> run()
    {
        std::vector<std::string> names;
        names.reserve(static_cast<std::size_t>(m_model.graph().output_size()));
        for (const onnx::ValueInfoProto& output : m_model.graph().output())
            names.push_back(output.name());
        const auto session = OnnxSession::open(m_runtime, m_model.SerializeAsString());
        auto tensors = session ? session->run({}, names, m_largest)
                               : Result<std::vector<onnx::TensorProto>>(tl::make_unexpected(session.error()));
        if (tensors) {
            for (const onnx::TensorProto& tensor : *tensors)
                give(tensor);
            return {};
        }
        return runNodes(names);
    }

private:
    Result<void> runNodes(const std::vector<std::string>& names)
    {
        for (const onnx::TensorProto& tensor : m_model.graph().initializer())
            m_constants.emplace(tensor.name(), &tensor);
        const auto nodes = static_cast<std::uint64_t>(m_model.graph().node_size());
        for (int n = 0; n < m_model.graph().node_size(); ++n) {
            if (m_channel.stop.stop_requested())
                return cancelled();
            runNode(m_model.graph().node(n));
            m_channel.progress.advance(static_cast<std::uint64_t>(n) + 1, nodes);
        }
        for (const std::string& name : names) {
            const auto made = m_made.find(name);
            if (made != m_made.end())
                give(made->second);
            else
                giveProblem(m_problems[name]);
        }
        return {};
    }

    void runNode(const onnx::NodeProto& node)
    {
        std::vector<std::string> outputs;
        for (const std::string& output : node.output()) {
            if (!output.empty())
                outputs.push_back(output);
        }
        auto tensors = resultsOf(node, outputs);
        for (std::size_t n = 0; n < outputs.size(); ++n) {
            if (!tensors)
                m_problems[outputs[n]] = tensors.error().message;
            else
                m_made.emplace(outputs[n], std::move((*tensors)[n]));
        }
    }

    // The node in a model of its own: constants stay what they are, as some kernels want them constant.
    Result<std::vector<onnx::TensorProto>> resultsOf(const onnx::NodeProto& node,
                                                     const std::vector<std::string>& outputs)
    {
        onnx::ModelProto model;
        model.set_ir_version(m_model.ir_version());
        *model.mutable_opset_import() = m_model.opset_import();
        onnx::GraphProto& graph = *model.mutable_graph();
        graph.set_name("node");
        *graph.add_node() = node;
        std::vector<onnx::TensorProto> inputs;
        std::vector<std::string> added;
        for (const std::string& name : node.input()) {
            if (name.empty() || std::ranges::find(added, name) != added.end())
                continue;
            added.push_back(name);
            if (const auto constant = m_constants.find(name); constant != m_constants.end()) {
                *graph.add_initializer() = *constant->second;
                continue;
            }
            const auto made = m_made.find(name);
            if (made == m_made.end())
                return failure(ErrorCode::Unsupported, m_problems[name]);
            if (!hasData(made->second))
                return failure(ErrorCode::Unsupported,
                               "What it reads is too large to be computed beforehand.");
            onnx::ValueInfoProto& input = *graph.add_input();
            input.set_name(name);
            input.mutable_type()->mutable_tensor_type()->set_elem_type(made->second.data_type());
            inputs.push_back(made->second);
        }
        for (const std::string& output : outputs)
            graph.add_output()->set_name(output);
        const auto session = OnnxSession::open(m_runtime, model.SerializeAsString());
        if (!session)
            return tl::make_unexpected(session.error());
        return session->run(inputs, outputs, largestBetween);
    }

    void give(const onnx::TensorProto& tensor) const
    {
        const bool whole = hasData(tensor) && bytesOf(tensor) <= m_largest;
        m_channel.give("");
        m_channel.give(std::to_string(bytesOf(tensor)));
        m_channel.give(whole ? tensor.SerializeAsString() : std::string());
    }

    void giveProblem(const std::string& problem) const
    {
        m_channel.give(problem.empty() ? std::string("Nothing makes it.") : problem);
        m_channel.give("");
        m_channel.give("");
    }

    const LoadedOnnxRuntime& m_runtime;
    const onnx::ModelProto& m_model;
    std::uint64_t m_largest;
    TaskChannel& m_channel;
    std::map<std::string, const onnx::TensorProto*, std::less<>> m_constants;
    std::map<std::string, onnx::TensorProto, std::less<>> m_made;
    std::map<std::string, std::string, std::less<>> m_problems; // by output
};

Result<EvaluatedOutput> outputOf(const std::vector<std::string>& pieces, std::size_t at)
{
    EvaluatedOutput output{.tensor = {}, .bytes = numberIn(pieces[at + 1]), .problem = pieces[at]};
    if (!output.problem.empty() || pieces[at + 2].empty())
        return output;
    onnx::TensorProto tensor;
    if (!tensor.ParseFromString(pieces[at + 2]))
        return failure(ErrorCode::Unsupported, "ONNX Runtime gave no answer that can be used.");
    output.tensor = TensorMessage(std::move(tensor));
    return output;
}

} // namespace

Result<void> evaluateNodes(TaskChannel& channel)
{
    const std::size_t line = channel.parameters.find('\n');
    const std::uint64_t largest = numberIn(std::string_view(channel.parameters).substr(0, line));
    const auto runtime =
        loadOnnxRuntime(line == std::string::npos ? "" : channel.parameters.substr(line + 1));
    if (!runtime)
        return tl::make_unexpected(runtime.error());
    onnx::ModelProto model;
    if (!model.ParseFromString(readAll(channel.input)))
        return failure(ErrorCode::Unsupported, "What ONNX Runtime was to compute cannot be read.");
    return Evaluation(*runtime, model, largest, channel).run();
}

Result<std::vector<EvaluatedOutput>> evaluateByOnnxRuntime(const std::string& model, std::size_t outputs,
                                                           std::uint64_t largest, const WorkerPlace& place,
                                                           Progress& progress, const std::stop_token& stop)
{
    const auto answer =
        answerOf(place.program, evaluationTask, std::to_string(largest) + '\n' + place.onnxRuntime.string(),
                 model, outputs * piecesOfAnOutput, "ONNX Runtime", progress, stop);
    if (!answer)
        return tl::make_unexpected(answer.error());
    std::vector<EvaluatedOutput> evaluated;
    evaluated.reserve(outputs);
    for (std::size_t n = 0; n < outputs; ++n) {
        auto output = outputOf(*answer, n * piecesOfAnOutput);
        if (!output)
            return tl::make_unexpected(std::move(output.error()));
        evaluated.push_back(std::move(*output));
    }
    return evaluated;
}

} // namespace pleat
