// SPDX-License-Identifier: GPL-3.0-or-later
// A table that is kept over edits says what one says that is made anew, and what findFolds() says; folding on
// it gives what fold() gives. PLEAT_TABLE_GRAPHS says on how many random graphs (300), PLEAT_TABLE_SEED where
// to start.
#include "core/fold/FoldTable.h"
#include "core/fold/Rounds.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/RandomEdits.h"
#include "tests/core/support/RandomGraph.h"

#include <QTest>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

using namespace pleat;
using namespace pleat::test;

namespace {

using View = std::shared_ptr<const GraphView>;

std::string text(const std::vector<CandidatePointer>& candidates)
{
    std::string all;
    for (const CandidatePointer& candidate : candidates)
        all += test::text(*candidate) + "\n";
    return all;
}

std::string differ(const std::string& is, const std::string& wanted)
{
    const auto [at, other] = std::ranges::mismatch(is, wanted);
    const auto from = [&](const std::string& all, std::size_t place) {
        const std::size_t line = all.rfind('\n', place) + 1;
        return all.substr(line, all.find('\n', place) - line);
    };
    return is == wanted
               ? ""
               : fmt::format("\n{}\nis to be\n{}\n", from(is, static_cast<std::size_t>(at - is.begin())),
                             from(wanted, static_cast<std::size_t>(other - wanted.begin())));
}

FoldTablePointer tableOf(const View& view, const FoldOptions& options)
{
    NoProgress progress;
    auto table = FoldTable::of(view, options, progress, {});
    return table ? *table : nullptr;
}

FoldOptions someOptions(std::mt19937& random)
{
    return {.constantsToo = random() % 2 == 0,
            .quantizedToo = random() % 4 == 0,
            .padUniform = random() % 4 == 0,
            .blockedToo = random() % 2 == 0};
}

// What is said of each candidate, by id, by all who can be asked.
std::string check(const FoldTable& table, const View& view)
{
    NoProgress progress;
    const auto anew = tableOf(view, table.options());
    const auto rounds = foldsOfAllRounds(view, table.options(), progress, {});
    if (!anew || !rounds)
        return "an error";
    const std::string wanted = test::text(*rounds);
    if (std::string wrong = differ(text(anew->candidates()), wanted); !wrong.empty())
        return "of a table made anew: " + wrong;
    if (std::string wrong = differ(text(table.candidates()), wanted); !wrong.empty())
        return "of a table that was kept: " + wrong;
    std::set<FoldId> seen;
    for (const CandidatePointer& candidate : table.candidates()) {
        if (seen.insert(candidate->id).second && table.candidate(candidate->id) != candidate)
            return candidate->id + " is not found";
    }
    return {};
}

// Folds some on the table and without it; the models are the same, byte for byte.
std::string foldBoth(FoldTablePointer& table, std::mt19937& random)
{
    std::optional<std::vector<FoldId>> chosen;
    if (random() % 4 > 0) {
        chosen.emplace();
        for (const CandidatePointer& candidate : table->candidates()) {
            if ((candidate->foldable && random() % 3 == 0) || random() % 40 == 0)
                chosen->push_back(candidate->id);
        }
    }
    NoProgress progress;
    const auto onTable = FoldTable::fold(table, chosen, progress, {});
    const auto plainly = fold(table->view(), chosen, table->options(), progress, {});
    if (onTable.has_value() != plainly.has_value())
        return onTable ? "folded on the table only: " + plainly.error().message
                       : "folded without the table only: " + onTable.error().message;
    if (!onTable)
        return differ(onTable.error().message, plainly.error().message);
    if (savedBytes(onTable->after->view()->model()) != savedBytes(plainly->after))
        return "the models differ";
    std::string folded, wanted;
    for (const FoldedPair& pair : plainly->pairs)
        wanted += pair.folded ? test::text(pair.candidate) + "\n" : "";
    std::map<FoldId, std::string> lines;
    for (const FoldedPair& pair : onTable->pairs)
        lines[pair.candidate.id] += test::text(pair.candidate) + "\n";
    for (const FoldedPair& pair : plainly->pairs)
        folded += pair.folded ? lines[pair.candidate.id] : "";
    table = onTable->after;
    return differ(folded, wanted);
}

std::string checkEdits(const View& view, std::uint32_t seed, int edits, int& folds)
{
    std::mt19937 random(seed);
    std::vector<FoldTablePointer> tables{tableOf(view, someOptions(random))};
    NoProgress progress;
    if (std::string wrong = check(*tables.front(), view); !wrong.empty())
        return fmt::format("seed {}: {}", seed, wrong);
    for (int edit = 0; edit < edits; ++edit) {
        FoldTablePointer table = tables[random() % 4 == 0 ? random() % tables.size() : tables.size() - 1];
        if (random() % 2 == 0) {
            if (std::string wrong = foldBoth(table, random); !wrong.empty())
                return fmt::format("seed {}, fold {}: {}", seed, edit, wrong);
            ++folds;
        } else {
            auto after = FoldTable::after(table, changed(table->view(), random), progress, {});
            if (!after)
                return fmt::format("seed {}, edit {}: {}", seed, edit, after.error().message);
            table = *after;
        }
        if (std::string wrong = check(*table, GraphView::of(table->view()->model())); !wrong.empty())
            return fmt::format("seed {}, after edit {}: {}", seed, edit, wrong);
        tables.push_back(std::move(table));
    }
    return {};
}

} // namespace

class FoldTableTest final : public QObject {
    Q_OBJECT

private slots:
    void agreesOnRandomGraphs()
    {
        const int graphs = fromEnvironment("PLEAT_TABLE_GRAPHS", 300),
                  first = fromEnvironment("PLEAT_TABLE_SEED", 1);
        int folds = 0;
        for (int seed = first; seed < first + graphs; ++seed) {
            const onnx::ModelProto model = randomModel(static_cast<std::uint32_t>(seed));
            const View view = viewOf(model.SerializeAsString()).value_or(nullptr);
            QVERIFY(view);
            const std::string wrong = checkEdits(view, static_cast<std::uint32_t>(seed), 8, folds);
            QVERIFY2(wrong.empty(), wrong.c_str());
        }
        QVERIFY(folds > graphs);
    }
};

QTEST_APPLESS_MAIN(FoldTableTest)
#include "test_fold_table.moc"
