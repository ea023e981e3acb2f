// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/PrepareChecks.h"

#include <QTest>
#include <fmt/format.h>

namespace pleat::test {

std::vector<std::string> PreparedFiles::codes() const
{
    std::vector<std::string> all;
    all.reserve(left.size());
    for (const LeftPlace& place : left)
        all.push_back(place.code);
    return all;
}

PrepareExpectations withSymbols(std::map<std::string, std::int64_t> symbols)
{
    PrepareExpectations expectations;
    expectations.symbols = std::move(symbols);
    return expectations;
}

tl::expected<PreparedFiles, std::string> prepareThroughFiles(const std::string& bytes,
                                                             const std::vector<std::string>& passes,
                                                             const PrepareOptions& options,
                                                             pleat::Engine* engine)
{
    const auto view = viewOf(bytes);
    if (!view)
        return tl::make_unexpected(view.error());
    PreparedFiles files;
    files.before = bytes;
    Subject subject(*view);
    NoProgress quiet;
    auto prepared = prepareAll(passes, subject, options, quiet, {}, engine);
    if (!prepared)
        return tl::make_unexpected(prepared.error().message);
    subject = prepared->after;
    for (AppliedPass& applied : prepared->applied)
        std::ranges::move(applied.done, std::back_inserter(files.done));
    for (auto& [pass, place] : prepared->left)
        files.left.push_back(std::move(place));
    auto saved = savedBytes(subject.view().model());
    if (!saved)
        return tl::make_unexpected(saved.error());
    files.after = std::move(*saved);
    if (!files.model.ParseFromString(files.after))
        return tl::make_unexpected(std::string("what was saved cannot be parsed"));
    return files;
}

std::string whatIsWrong(const onnx::ModelProto& before, const PreparedFiles& prepared,
                        const std::vector<std::string>& passes, const PrepareExpectations& expectations)
{
    if (const std::string complaint = whatTheCheckerSays(prepared.model);
        !complaint.empty() && whatTheCheckerSays(before).empty())
        return "the checker says " + complaint;
    const auto names = [](const auto& values) {
        std::vector<std::string> all;
        for (const auto& value : values)
            all.push_back(value.name());
        return all;
    };
    if (names(before.graph().output()) != names(prepared.model.graph().output()))
        return "the outputs have other names";
    for (const std::uint32_t seed : {1U, 2U}) {
        const Arrays inputs =
            randomInputs(expectations.inputsOf.value_or(before), seed, expectations.symbols);
        const auto expected = runInOnnxRuntime(prepared.before, inputs);
        if (!expected)
            return "the model before does not run: " + expected.error();
        const auto actual = runInOnnxRuntime(prepared.after, inputs);
        if (!actual)
            return "the model after does not run: " + actual.error();
        const double difference = largestRelativeDifference(*expected, *actual);
        if (!(difference <= expectations.tolerance))
            return fmt::format("outputs differ by {} of the largest", difference);
    }
    const auto again = prepareThroughFiles(prepared.after, passes, expectations.options, expectations.engine);
    if (!again)
        return "again: " + again.error();
    if (!again->done.empty())
        return "again: " + again->done.front().what.text();
    return {};
}

PreparedFiles assertPrepares(const ModelBuilder& model, const std::string& pass, std::size_t places,
                             const PrepareExpectations& expectations, std::source_location where)
{
    const auto fail = [&](const std::string& what) {
        QTest::qFail(what.c_str(), where.file_name(), static_cast<int>(where.line()));
        return PreparedFiles{};
    };
    const onnx::ModelProto before = model.proto();
    auto prepared =
        prepareThroughFiles(before.SerializeAsString(), {pass}, expectations.options, expectations.engine);
    if (!prepared)
        return fail(prepared.error());
    if (prepared->done.size() != places) {
        std::string all;
        for (const PreparedPlace& place : prepared->done)
            all += "\n  " + place.what.text();
        for (const LeftPlace& place : prepared->left)
            all += "\n  left [" + place.code + "]: " + place.why.text();
        return fail(fmt::format("{} places and not {}:{}", prepared->done.size(), places, all));
    }
    if (places == 0 && prepared->before != prepared->after)
        return fail("nothing was done, but the bytes are others");
    if (const std::string wrong = whatIsWrong(before, *prepared, {pass}, expectations); !wrong.empty())
        return fail(wrong);
    return std::move(*prepared);
}

} // namespace pleat::test
