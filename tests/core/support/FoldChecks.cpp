// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/FoldChecks.h"

#include "core/model/ModelReader.h"
#include "core/model/ModelWriter.h"
#include "tests/core/support/ReferenceEngine.h"

#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
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

tl::expected<Arrays, std::string> run(const std::string& bytes, const onnx::ModelProto& model,
                                      const Arrays& inputs, Engine engine)
{
    return engine == Engine::OnnxRuntime ? runInOnnxRuntime(bytes, inputs) : runByDefinition(model, inputs);
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
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

namespace {

std::string text(const std::vector<NodeRef>& nodes)
{
    std::string all;
    for (const NodeRef& node : nodes)
        all += fmt::format("{} {} {}, ", index(node.id), node.op, node.name);
    return all;
}

} // namespace

std::string text(const FoldCandidate& candidate)
{
    std::string all =
        fmt::format("{} {} {} [{}] in \"{}\", channels {}, into {} ({}), of {} through {}", candidate.id,
                    candidate.foldable ? "folds" : "stays", candidate.message.text(),
                    candidate.reason ? code(*candidate.reason) : "", candidate.scope,
                    candidate.channels.value_or(0), candidate.layer ? text({*candidate.layer}) : "nothing",
                    candidate.direction ? static_cast<int>(*candidate.direction) : -1, text(candidate.affine),
                    text(candidate.between));
    all += candidate.batchNorm ? ", batch norm" : "";
    all += candidate.onlyWhenChosen ? ", only when chosen" : "";
    for (const Blame& blame : candidate.blame)
        all += fmt::format(", blame {} {}", blame.name, index(blame.node));
    for (const FoldWarning& warning : candidate.warnings)
        all += ", warning " + warning.code + ": " + warning.message.text();
    return all;
}

std::string text(const std::vector<FoldCandidate>& candidates)
{
    std::string all;
    for (const FoldCandidate& candidate : candidates)
        all += text(candidate) + "\n";
    return all;
}

int fromEnvironment(const char* name, int fallback)
{
    bool given = false;
    const int value = qEnvironmentVariableIntValue(name, &given);
    return given ? value : fallback;
}

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

namespace {

// What was found without folding is what folding by default does.
bool areTheSame(const std::vector<FoldCandidate>& found, const std::vector<FoldedPair>& pairs)
{
    return std::ranges::equal(found, pairs, [](const FoldCandidate& one, const FoldedPair& pair) {
        const FoldCandidate& other = pair.candidate;
        const auto codes = [](const FoldCandidate& candidate) {
            std::vector<std::string> all;
            for (const FoldWarning& warning : candidate.warnings)
                all.push_back(warning.code + " " + warning.message.text());
            return all;
        };
        return one.id == other.id && one.foldable == other.foldable && one.reason == other.reason &&
               one.message.text() == other.message.text() && codes(one) == codes(other);
    });
}

} // namespace

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
    if (!chosen && !areTheSame(*found, outcome->pairs))
        return tl::make_unexpected(std::string("what was found is not what was folded"));
    if (auto saved = saveModel(outcome->after, place.target(), progress, {}); !saved)
        return problem(saved.error());
    Folded folded{bytes, readFile(place.target()), {}, std::move(*found), std::move(*outcome)};
    if (!folded.model.ParseFromString(folded.after))
        return tl::make_unexpected(std::string("the saved model does not parse"));
    return folded;
}

namespace {

// By what the outputs are to be measured where terms cancel and little is left of them: the sums of the
// terms' magnitudes, by which rounding errors are small (a tenth), or, where an operator has no definition
// here, what other inputs give.
double differenceWhereTermsCancel(const onnx::ModelProto& old, const std::string& bytes, const Arrays& inputs,
                                  const Arrays& expected, const Arrays& actual,
                                  const FoldExpectations& expectations)
{
    if (const auto sums = magnitudes(old, inputs))
        return 10 * largestDifferenceBy(*sums, expected, actual);
    Arrays typical = expected;
    for (const std::uint32_t seed : {3U, 4U, 5U, 6U}) {
        const auto others =
            run(bytes, old, randomInputs(old, seed, expectations.symbols), expectations.engine);
        for (auto& [name, array] : typical) {
            if (others)
                array.values.insert(array.values.end(), others->at(name).values.begin(),
                                    others->at(name).values.end());
        }
    }
    return largestDifferenceBy(typical, expected, actual);
}

} // namespace

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
        if (!(differenceWhereTermsCancel(old, before, inputs, *expected, *actual, expectations) <=
              expectations.tolerance))
            return "outputs differ by " + std::to_string(difference) + " of the largest";
    }
    return {};
}

namespace {

// What a fold has to keep: "" or what it does not.
std::string whatIsWrong(const onnx::ModelProto& before, const Folded& folded,
                        const FoldExpectations& expectations)
{
    if (const int left = countNodes(folded.model, "BatchNormalization"); left != expectations.batchNormsLeft)
        return std::to_string(left) + " batch norms are left";
    if (whatTheCheckerSays(before).empty() && !whatTheCheckerSays(folded.model).empty())
        return "the checker: " + whatTheCheckerSays(folded.model);
    if (const std::string dangling = whatDangles(before, folded.model); !dangling.empty())
        return dangling;
    if (const std::string difference = differenceInRuns(folded.before, folded.after, expectations);
        !difference.empty())
        return difference;
    const auto again = foldThroughFiles(folded.after, {}, expectations.options);
    if (!again)
        return "folding again: " + again.error();
    return again->after == folded.after ? "" : "folding again changes the model";
}

} // namespace

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
    if (const std::string wrong = whatIsWrong(before, *folded, expectations); !wrong.empty())
        return fail(wrong);
    return std::move(*folded);
}

Folded assertFoldsAway(const ModelBuilder& builder, const FoldExpectations& expectations,
                       std::source_location where)
{
    auto fail = [&](const std::string& what) {
        QTest::qFail(what.c_str(), where.file_name(), static_cast<int>(where.line()));
        return Folded{};
    };
    const onnx::ModelProto before = builder.proto();
    auto folded = foldThroughFiles(before.SerializeAsString(), {}, expectations.options);
    if (!folded)
        return fail(folded.error());
    if (const std::string wrong = whatIsWrong(before, *folded, expectations); !wrong.empty()) {
        std::vector<std::string> all;
        for (const FoldCandidate& candidate : folded->candidates)
            all.push_back(describe(candidate));
        return fail(wrong + ": " + joined(all));
    }
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
                    std::string(code(*candidate->reason)) + ": " + candidate->message.text());
    if (!contains(candidate->message.text(), culprit))
        return fail("the sentence does not name " + culprit + ": " + candidate->message.text());
    if (candidate->blame.empty())
        return fail("nobody is to blame: " + candidate->message.text());
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
