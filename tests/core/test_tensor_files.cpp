// SPDX-License-Identifier: GPL-3.0-or-later
// Files of tensors, byte for byte as the formats' documents have them, and what cannot be written. That other
// libraries read them back is proved in tests/interop/tensors.py.
#include "core/report/Npy.h"
#include "core/report/Safetensors.h"
#include "core/tensor/Scaling.h"
#include "tests/core/support/Numbers.h"
#include "tests/core/support/SmallModels.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

TensorView tensorOf(DataType type, std::vector<std::int64_t> dims, const std::vector<long double>& values)
{
    return {"w", type, std::move(dims),
            Payload{std::make_shared<const std::vector<std::byte>>(encodeAll(type, values))}};
}

// 1, …, n, times a factor that makes the last one infinite.
TensorView tooLarge(Overflow overflow)
{
    const TensorView tensor = tensorOf(DataType::Float, {3}, {1, 2, 1e30L});
    const auto factors = std::make_shared<const std::vector<double>>(1, 1e30);
    return {"w", DataType::Float, {3}, *scaled(tensor, WeightLayout::plain(3), factors, nullptr, overflow)};
}

} // namespace

class TensorFilesTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void npyIsWhatItsDocumentSays()
    {
        const Folder folder;
        QVERIFY(saveNpy(folder.path("w.npy"), tensorOf(DataType::Float, {2}, {1, -2}), {}, {}));
        std::string expected("\x93NUMPY\x01\x00\x76\x00", 10);
        expected += "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
        expected.resize(127, ' '); // so that the elements begin at a multiple of 64
        expected += "\n";
        expected.append("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8);
        QCOMPARE(contents(folder.path("w.npy")), expected);
    }

    void safetensorsIsWhatItsDocumentSays()
    {
        const Folder folder;
        const NamedTensor tensor{"a\"b", tensorOf(DataType::Float, {1, 2}, {1, -2})};
        QVERIFY(saveSafetensors(folder.path("w.safetensors"), {&tensor, 1}, {}, {}));
        const std::string header = "{\"a\\\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}";
        std::string expected("\x40\x00\x00\x00\x00\x00\x00\x00", 8);
        expected += header + std::string(64 - header.size(), ' ');
        expected.append("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8);
        QCOMPARE(contents(folder.path("w.safetensors")), expected);
    }

    void saysWhatNumpyHasNoTypeFor()
    {
        QVERIFY(npyNote(DataType::BFloat16).find("ml_dtypes.bfloat16") != std::string::npos);
        QVERIFY(npyNote(DataType::Float).empty());
        QVERIFY(npyType(DataType::Int4).empty() && safetensorsType(DataType::Complex64).empty());
    }

    void leavesNothingBehindWhereWeightsBecomeInfinite()
    {
        const Folder folder;
        const NamedTensor tensor{"w", tooLarge(Overflow::IsAnError)};
        for (const auto& result : {saveNpy(folder.path("w.npy"), tensor.tensor, {}, {}),
                                   saveNpz(folder.path("w.npz"), {&tensor, 1}, {}),
                                   saveSafetensors(folder.path("w.safetensors"), {&tensor, 1}, {}, {})}) {
            QVERIFY(!result && result.error().code == ErrorCode::Unwritable);
            QVERIFY(result.error().message.find("infinite") != std::string::npos);
        }
        QVERIFY(folder.names().empty());
        QVERIFY(saveNpy(folder.path("w.npy"), tooLarge(Overflow::IsWanted), {}, {}));
    }

    void refusesANameTwiceAndOneThatIsNoText()
    {
        const Folder folder;
        const TensorView tensor = tensorOf(DataType::Float, {1}, {1});
        const std::vector<NamedTensor> twice{{"w", tensor}, {"w", tensor}};
        QVERIFY(!saveNpz(folder.path("w.npz"), twice, {}));
        QVERIFY(!saveSafetensors(folder.path("w.safetensors"), twice, {}, {}));
        const std::vector<NamedTensor> noText{{"\xff", tensor}};
        QVERIFY(!saveSafetensors(folder.path("w.safetensors"), noText, {}, {}));
        QVERIFY(folder.names().empty());
    }

    void stopsWhenAsked()
    {
        const Folder folder;
        std::stop_source stop;
        stop.request_stop();
        const NamedTensor tensor{"w", tensorOf(DataType::Float, {1}, {1})};
        const auto stopped = saveNpz(folder.path("w.npz"), {&tensor, 1}, stop.get_token());
        QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
        QVERIFY(folder.names().empty());
    }
};

QTEST_GUILESS_MAIN(TensorFilesTest)
#include "test_tensor_files.moc"
