// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/FoldChecks.h"

#include "core/model/ModelReader.h"
#include "core/model/ModelWriter.h"
#include "tests/core/support/ReferenceEngine.h"

#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <onnx/checker.h>
#include <set>

namespace pleat::test {

namespace {

std::string readFile(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

tl::unexpected<std::string> problem(const Error& error)
{
    return tl::make_unexpected(error.message + (error.where.empty() ? "" : " [" + error.where + "]"));
}

// A folder with one model in it.
struct Workplace {
    explicit Workplace(const std::string& bytes) { std::ofstream(source(), std::ios::binary) << bytes; }
    std::filesystem::path file(const char* name) const { return folder.filePath(name).toStdString(); }
    std::filesystem::path source() const { return file("model.onnx"); }
    std::filesystem::path target() const { return file("folded.onnx"); }
    QTemporaryDir folder;
};

tl::expected<std::shared_ptr<const GraphView>, std::string> open(const std::filesystem::path& path)
{
    NoProgress progress;
    auto opened = openModel(path, progress, {});
    if (!opened)
        return problem(opened.error());
    return GraphView::of(std::move(opened->model));
}

std::string describe(const FoldCandidate& candidate)
{
    std::string text = candidate.layer ? candidate.layer->name : "(no layer)";
    text += candidate.direction == FoldDirection::Before ? " <-" : " <=";
    for (const NodeRef& node : candidate.affine)
        text += " " + node.name;
    return text + (candidate.reason ? " [" + std::string(code(*candidate.reason)) + "]" : "");
}

std::string describe(const ExpectedFold& expected)
{
    std::string text = expected.layer;
    text += expected.direction == FoldDirection::Before ? " <-" : " <=";
    for (const std::string& node : expected.affine)
        text += " " + node;
    return text;
}

std::string joined(std::vector<std::string> lines)
{
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const std::string& line : lines)
        text += (text.empty() ? "" : "; ") + line;
    return text;
}

std::string whatTheCheckerSays(const onnx::ModelProto& model)
{
    try {
        onnx::checker::check_model(model);
        return {};
    } catch (const std::exception& complaint) {
        return complaint.what();
    }
}

tl::expected<Arrays, std::string> run(const std::string& bytes, const onnx::ModelProto& model,
                                      const Arrays& inputs, Engine engine)
{
    return engine == Engine::OnnxRuntime ? runInOnnxRuntime(bytes, inputs) : runByDefinition(model, inputs);
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

void visitNodes(const onnx::GraphProto& graph, const std::function<void(const onnx::NodeProto&)>& visit)
{
    for (const auto& node : graph.node()) {
        visit(node);
        for (const auto& attribute : node.attribute()) {
            if (attribute.has_g())
                visitNodes(attribute.g(), visit);
            for (const auto& inner : attribute.graphs())
                visitNodes(inner, visit);
        }
    }
}

void visitNodes(const onnx::ModelProto& model, const std::function<void(const onnx::NodeProto&)>& visit)
{
    visitNodes(model.graph(), visit);
    for (const auto& function : model.functions())
        for (const auto& node : function.node())
            visit(node);
}

std::set<std::string> namesRead(const onnx::ModelProto& model)
{
    std::set<std::string> names;
    visitNodes(model,
               [&](const onnx::NodeProto& node) { names.insert(node.input().begin(), node.input().end()); });
    std::function<void(const onnx::GraphProto&)> outputs = [&](const onnx::GraphProto& graph) {
        for (const auto& output : graph.output())
            names.insert(output.name());
        for (const auto& node : graph.node())
            for (const auto& attribute : node.attribute())
                if (attribute.has_g())
                    outputs(attribute.g());
    };
    outputs(model.graph());
    return names;
}

std::set<std::string> namesDefined(const onnx::GraphProto& graph, std::string& twice)
{
    std::set<std::string> names;
    auto define = [&](const std::string& name) {
        if (!name.empty() && !names.insert(name).second)
            twice = name;
    };
    for (const auto& initializer : graph.initializer())
        define(initializer.name());
    for (const auto& node : graph.node())
        for (const std::string& output : node.output())
            define(output);
    for (const auto& input : graph.input())
        names.insert(input.name());
    return names;
}

std::vector<std::string> inputsOtherThanInitializers(const onnx::GraphProto& graph)
{
    std::set<std::string> initializers;
    for (const auto& initializer : graph.initializer())
        initializers.insert(initializer.name());
    std::vector<std::string> inputs;
    for (const auto& input : graph.input())
        if (!initializers.contains(input.name()))
            inputs.push_back(input.SerializeAsString());
    return inputs;
}

bool listsAllInitializersAsInputs(const onnx::GraphProto& graph)
{
    return std::all_of(graph.initializer().begin(), graph.initializer().end(), [&](const auto& tensor) {
        return std::any_of(graph.input().begin(), graph.input().end(),
                           [&](const auto& input) { return input.name() == tensor.name(); });
    });
}

// A node that is byte for byte what it was must read what it read.
std::string changedUnderAReader(const onnx::ModelProto& before, const onnx::ModelProto& after)
{
    std::set<std::string> untouched;
    for (const auto& node : before.graph().node())
        untouched.insert(node.SerializeAsString());
    const std::set<std::string> onTheWayToAWeight = {"Transpose", "Reshape", "Identity",
                                                     "Cast",      "Squeeze", "Unsqueeze"};
    for (const auto& node : after.graph().node()) {
        if (onTheWayToAWeight.contains(node.op_type()) || !untouched.contains(node.SerializeAsString()))
            continue;
        for (const std::string& input : node.input()) {
            const auto* old = findInitializer(before, input);
            const auto* now = findInitializer(after, input);
            if (old && (!now || now->SerializeAsString() != old->SerializeAsString()))
                return input + " was changed although " + node.name() + " reads it";
        }
    }
    return {};
}

// Whether a node or a tensor of the model has this name.
bool names(const onnx::ModelProto& model, const Blame& blame)
{
    bool found = false;
    const std::set<std::string> read = namesRead(model);
    visitNodes(model, [&](const onnx::NodeProto& node) {
        const bool writes =
            std::find(node.output().begin(), node.output().end(), blame.name) != node.output().end();
        found |= blame.kind == Blame::Kind::Node ? node.name() == blame.name : writes;
    });
    return found || (blame.kind == Blame::Kind::Tensor && read.contains(blame.name));
}

} // namespace

tl::expected<std::shared_ptr<const GraphView>, std::string> viewOf(const std::string& bytes)
{
    return open(Workplace(bytes).source()); // the open descriptor outlives the folder
}

tl::expected<std::string, std::string> savedBytes(const Model& model)
{
    const Workplace place({});
    NoProgress progress;
    if (auto saved = saveModel(model, place.target(), progress, {}); !saved)
        return problem(saved.error());
    return readFile(place.target());
}

tl::expected<std::vector<FoldCandidate>, std::string> candidatesOf(const std::string& bytes,
                                                                   const FoldOptions& options)
{
    const Workplace place(bytes);
    const auto view = open(place.source());
    if (!view)
        return tl::make_unexpected(view.error());
    NoProgress progress;
    auto found = findFolds(*view, options, progress, {});
    if (!found)
        return problem(found.error());
    return std::move(*found);
}

tl::expected<Folded, std::string> foldThroughFiles(const std::string& bytes,
                                                   const std::optional<std::vector<FoldId>>& chosen,
                                                   const FoldOptions& options)
{
    const Workplace place(bytes);
    const auto view = open(place.source());
    if (!view)
        return tl::make_unexpected(view.error());
    NoProgress progress;
    auto found = findFolds(*view, options, progress, {});
    if (!found)
        return problem(found.error());
    auto outcome = fold(*view, chosen, options, progress, {});
    if (!outcome)
        return problem(outcome.error());
    if (auto saved = saveModel(outcome->after, place.target(), progress, {}); !saved)
        return problem(saved.error());
    Folded folded{bytes, readFile(place.target()), {}, std::move(*found), std::move(*outcome)};
    if (!folded.model.ParseFromString(folded.after))
        return tl::make_unexpected(std::string("the saved model does not parse"));
    return folded;
}

const onnx::TensorProto* findInitializer(const onnx::ModelProto& model, const std::string& name)
{
    for (const auto& tensor : model.graph().initializer())
        if (tensor.name() == name)
            return &tensor;
    return nullptr;
}

const onnx::NodeProto* findNode(const onnx::ModelProto& model, const std::string& name)
{
    const onnx::NodeProto* found = nullptr;
    visitNodes(model, [&](const onnx::NodeProto& node) {
        if (node.name() == name)
            found = &node;
    });
    return found;
}

int countNodes(const onnx::ModelProto& model, const std::string& op)
{
    int count = 0;
    visitNodes(model, [&](const onnx::NodeProto& node) { count += node.op_type() == op; });
    return count;
}

std::string differenceInRuns(const std::string& before, const std::string& after,
                             const FoldExpectations& expectations)
{
    onnx::ModelProto old, now;
    if (!old.ParseFromString(before) || !now.ParseFromString(after))
        return "a model does not parse";
    for (const std::uint32_t seed : {1U, 2U}) {
        const Arrays inputs = randomInputs(old, seed, expectations.symbols);
        const auto expected = run(before, old, inputs, expectations.engine);
        const auto actual = run(after, now, inputs, expectations.engine);
        if (!expected)
            return "the model before does not run: " + expected.error();
        if (!actual)
            return "the model after does not run: " + actual.error();
        const double difference = largestRelativeDifference(*expected, *actual);
        if (difference <= expectations.tolerance)
            continue;
        // Where terms cancel, an engine's rounding is large beside what is left.
        const auto sums = magnitudes(old, inputs);
        if (!sums || !(largestDifferenceBy(*sums, *expected, *actual) <= expectations.tolerance / 10))
            return "outputs differ by " + std::to_string(difference) + " of the largest";
    }
    return {};
}

std::string whatDangles(const onnx::ModelProto& before, const onnx::ModelProto& after)
{
    std::string twice;
    const std::set<std::string> read = namesRead(after), readBefore = namesRead(before);
    const std::set<std::string> defined = namesDefined(after.graph(), twice);
    if (!twice.empty())
        return twice + " is defined twice";
    for (const auto& initializer : after.graph().initializer())
        if (!read.contains(initializer.name()) &&
            (readBefore.contains(initializer.name()) || !findInitializer(before, initializer.name())))
            return "initializer " + initializer.name() + " is left without a reader";
    for (const auto& value : after.graph().value_info())
        if (!defined.contains(value.name()))
            return "value_info of " + value.name() + ", which is gone";
    for (const auto& annotation : after.graph().quantization_annotation())
        if (!defined.contains(annotation.tensor_name()))
            return "quantization_annotation of " + annotation.tensor_name() + ", which is gone";
    if (inputsOtherThanInitializers(before.graph()) != inputsOtherThanInitializers(after.graph()))
        return "the model's inputs are others";
    if (before.ir_version() < 4 && listsAllInitializersAsInputs(before.graph()) &&
        !listsAllInitializersAsInputs(after.graph()))
        return "an initializer is missing among the inputs (IR 3)";
    onnx::ModelProto left = before, right = after;
    for (onnx::ModelProto* model : {&left, &right}) {
        for (auto* field :
             {model->mutable_graph()->mutable_input(), model->mutable_graph()->mutable_value_info()})
            field->Clear();
        model->mutable_graph()->clear_node();
        model->mutable_graph()->clear_initializer();
        model->mutable_graph()->clear_quantization_annotation();
        model->clear_functions();
    }
    if (left.SerializeAsString() != right.SerializeAsString())
        return "outputs, opsets, metadata or documentation changed";
    return changedUnderAReader(before, after);
}

Folded assertFolds(const ModelBuilder& builder, const std::vector<ExpectedFold>& expected,
                   const FoldExpectations& expectations, std::source_location where)
{
    auto fail = [&](const std::string& what) {
        QTest::qFail(what.c_str(), where.file_name(), static_cast<int>(where.line()));
        return Folded{};
    };
    const onnx::ModelProto before = builder.proto();
    const std::string bytes = before.SerializeAsString();
    const auto found = candidatesOf(bytes, expectations.options);
    if (!found)
        return fail(found.error());

    std::vector<std::string> foldable, wanted, all;
    std::vector<FoldId> chosen;
    for (const FoldCandidate& candidate : *found) {
        all.push_back(describe(candidate));
        if (!candidate.foldable || !(candidate.batchNorm || expectations.chainsWithoutBatchNorm))
            continue;
        foldable.push_back(describe(candidate));
        chosen.push_back(candidate.id);
        if (candidate.message.empty())
            return fail(foldable.back() + " has no message");
    }
    for (const ExpectedFold& fold : expected)
        wanted.push_back(describe(fold));
    if (joined(foldable) != joined(wanted))
        return fail("expected " + joined(wanted) + " but found " + joined(all));

    auto folded =
        foldThroughFiles(bytes, expectations.chainsWithoutBatchNorm ? std::optional(chosen) : std::nullopt,
                         expectations.options);
    if (!folded)
        return fail(folded.error());
    if (countNodes(folded->model, "BatchNormalization") != expectations.batchNormsLeft)
        return fail(std::to_string(countNodes(folded->model, "BatchNormalization")) +
                    " batch norms are left");
    if (whatTheCheckerSays(before).empty() && !whatTheCheckerSays(folded->model).empty())
        return fail("the checker: " + whatTheCheckerSays(folded->model));
    if (const std::string dangling = whatDangles(before, folded->model); !dangling.empty())
        return fail(dangling);
    if (const std::string difference = differenceInRuns(bytes, folded->after, expectations);
        !difference.empty())
        return fail(difference);
    const auto again = foldThroughFiles(folded->after, {}, expectations.options);
    if (!again)
        return fail("folding again: " + again.error());
    if (again->after != folded->after)
        return fail("folding again changes the model");
    return std::move(*folded);
}

FoldCandidate assertBlocked(const ModelBuilder& builder, Reason reason, const std::string& culprit,
                            const std::string& batchNorm, const FoldOptions& options,
                            std::source_location where)
{
    auto fail = [&](const std::string& what) {
        QTest::qFail(what.c_str(), where.file_name(), static_cast<int>(where.line()));
        return FoldCandidate{};
    };
    const onnx::ModelProto built = builder.proto();
    const std::string bytes = built.SerializeAsString();
    const auto folded = foldThroughFiles(bytes, {}, options);
    if (!folded)
        return fail(folded.error());
    std::vector<std::string> all;
    const FoldCandidate* candidate = nullptr;
    bool othersFold = false;
    for (const FoldCandidate& each : folded->candidates) {
        all.push_back(describe(each));
        othersFold |= each.foldable;
        const bool named = std::any_of(each.affine.begin(), each.affine.end(),
                                       [&](const NodeRef& node) { return node.name == batchNorm; });
        if (each.batchNorm && (batchNorm.empty() ? !each.foldable : named))
            candidate = &each;
    }
    if (!candidate || candidate->foldable || !candidate->reason)
        return fail("expected a refusal but found " + joined(all));
    if (*candidate->reason != reason)
        return fail("expected " + std::string(code(reason)) + " but it is " +
                    std::string(code(*candidate->reason)) + ": " + candidate->message);
    if (!contains(candidate->message, culprit))
        return fail("the sentence does not name " + culprit + ": " + candidate->message);
    if (candidate->blame.empty())
        return fail("nobody is to blame: " + candidate->message);
    for (const Blame& blame : candidate->blame) {
        if (!names(built, blame))
            return fail("the blame leads nowhere: " + blame.name);
    }
    if (!othersFold && folded->after != bytes)
        return fail("nothing folds, and yet the bytes are others");
    const auto forced = foldThroughFiles(bytes, std::vector{candidate->id}, options);
    if (forced)
        return fail("a blocked candidate was folded when chosen by its id");
    return *candidate;
}

} // namespace pleat::test
