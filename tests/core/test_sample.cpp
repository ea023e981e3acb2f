// SPDX-License-Identifier: GPL-3.0-or-later
// The sample model on real data: 300 handwritten digits are recognised as well after folding as before, and
// the logits agree.
#include "tests/core/support/FoldChecks.h"

#include <QFile>
#include <QTest>
#include <algorithm>

using namespace pleat;
using namespace pleat::test;

namespace {

struct Digits {
    Array images; // [N, 1, 8, 8], 0 … 1
    std::vector<int> labels;
};

QByteArray contents(const char* path)
{
    QFile file(QStringLiteral(PLEAT_SOURCE_DIR "/%1").arg(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

Digits digits()
{
    Digits all;
    for (const QByteArray& line : contents("tests/fixtures/digits-300.csv").split('\n')) {
        const QList<QByteArray> numbers = line.trimmed().split(',');
        if (numbers.size() != 65)
            continue;
        for (int pixel = 0; pixel < 64; ++pixel)
            all.images.values.push_back(numbers[pixel].toInt() / 16.0L);
        all.labels.push_back(numbers[64].toInt());
    }
    all.images.dims = {static_cast<std::int64_t>(all.labels.size()), 1, 8, 8};
    return all;
}

double accuracy(const Array& logits, const std::vector<int>& labels)
{
    int right = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto first = logits.values.begin() + static_cast<std::ptrdiff_t>(i * 10);
        right += std::max_element(first, first + 10) - first == labels[i];
    }
    return right / static_cast<double>(labels.size());
}

} // namespace

class SampleTest final : public QObject {
    Q_OBJECT

private slots:
    void recognisesDigitsAsWellAfterFolding()
    {
        const Digits data = digits();
        QCOMPARE(data.labels.size(), std::size_t{300});
        const auto folded = foldThroughFiles(contents("resources/samples/digits.onnx").toStdString());
        QVERIFY2(folded, folded ? "" : folded.error().c_str());

        const Arrays inputs{{"image", data.images}};
        const auto before = runInOnnxRuntime(folded->before, inputs),
                   after = runInOnnxRuntime(folded->after, inputs);
        QVERIFY2(before, before ? "" : before.error().c_str());
        QVERIFY2(after, after ? "" : after.error().c_str());
        QCOMPARE_LT(largestRelativeDifference(*before, *after), 1e-5);
        const double was = accuracy(before->at("logits"), data.labels),
                     is = accuracy(after->at("logits"), data.labels);
        QCOMPARE(is, was);
        QCOMPARE_GT(is, 0.97);
    }

    void losesEveryBatchNormThatCanBeFolded()
    {
        const std::string bytes = contents("resources/samples/digits.onnx").toStdString();
        const auto folded = foldThroughFiles(bytes);
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        onnx::ModelProto before;
        QVERIFY(before.ParseFromString(bytes));
        int foldable = 0;
        for (const FoldCandidate& candidate : folded->candidates)
            foldable += candidate.foldable;
        QVERIFY(foldable >= 10);
        QCOMPARE(countNodes(folded->model, "BatchNormalization"),
                 countNodes(before, "BatchNormalization") - foldable);
        QCOMPARE(whatDangles(before, folded->model), std::string());
    }
};

QTEST_APPLESS_MAIN(SampleTest)
#include "test_sample.moc"
