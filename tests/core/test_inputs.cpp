// SPDX-License-Identifier: GPL-3.0-or-later
// Somebody's own inputs: what numpy, Python's csv and image programs write is read as it is; whatever else a
// file says is refused in words, never believed.
#include "core/io/ZipArchive.h"
#include "core/tensor/NpyFile.h"
#include "core/verify/Image.h"
#include "core/verify/InputFiles.h"
#include "tests/core/support/ModelBuilder.h"
#include "tests/core/support/SmallModels.h"

#include <QTemporaryDir>
#include <QTest>
#include <zlib.h>

using namespace pleat;
using namespace pleat::test;

namespace {

std::string number(std::uint64_t value, int bytes)
{
    std::string text;
    for (int b = 0; b < bytes; ++b, value >>= 8)
        text += static_cast<char>(value & 0xff);
    return text;
}

// As numpy.lib.format has it.
std::string npy(const std::string& dictionary, const std::string& data, int version = 1)
{
    std::string start("\x93NUMPY", 6);
    start += static_cast<char>(version);
    start += '\0';
    return start + number(dictionary.size(), version == 1 ? 2 : 4) + dictionary + data;
}

std::string floats(const std::vector<float>& values)
{
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

std::string header(const std::string& type, const std::string& shape, bool fortran = false)
{
    return "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") +
           ", 'shape': " + shape + ", }\n";
}

std::string deflated(const std::string& data)
{
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, data.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream.avail_in = static_cast<uInt>(data.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

struct Zipped {
    std::string name, data;
    bool deflate = false;
    std::optional<std::uint64_t> size{}, checksum{}; // that it claims
    std::uint64_t method = 8, flags = 0;
};

// A zip archive by APPNOTE.TXT, without zip64.
std::string zip(const std::vector<Zipped>& files)
{
    std::string archive, list;
    for (const Zipped& file : files) {
        const std::string data = file.deflate ? deflated(file.data) : file.data;
        const std::uint64_t sum = file.checksum.value_or(
            crc32(0, reinterpret_cast<const Bytef*>(file.data.data()), static_cast<uInt>(file.data.size())));
        const std::string common = number(20, 2) + number(file.flags, 2) +
                                   number(file.deflate ? file.method : 0, 2) + number(0, 4) + number(sum, 4) +
                                   number(data.size(), 4) + number(file.size.value_or(file.data.size()), 4) +
                                   number(file.name.size(), 2);
        list += number(0x02014b50, 4) + number(20, 2) + common + number(0, 2 + 2 + 2 + 2 + 4) +
                number(archive.size(), 4) + file.name;
        archive += number(0x04034b50, 4) + common + number(0, 2) + file.name + data;
    }
    return archive + list + number(0x06054b50, 4) + number(0, 4) + number(files.size(), 2) +
           number(files.size(), 2) + number(list.size(), 4) + number(archive.size(), 4) + number(0, 2);
}

// Made by Pillow: 16 by 8 and 3 by 2 pixels, each red 200, green 100, blue 50.
std::string jpeg()
{
    return QByteArray::fromBase64(
               "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBw"
               "YGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK"
               "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAIABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAX/xA"
               "AUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAACP/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAM"
               "AwEAAhEDEQA/AJ4Armw//9k=")
        .toStdString();
}
std::string png()
{
    return QByteArray::fromBase64("iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAFUlEQVR4nGM8kWLEwMDAwMDAxA"
                                  "ADABluAWIepKF5AAAAAElF"
                                  "TkSuQmCC")
        .toStdString();
}

std::shared_ptr<const GraphView> viewOf(const Shape& shape)
{
    ModelBuilder model;
    model.input("x", shape).relu();
    return GraphView::of(open(model.proto())->model);
}

} // namespace

class InputsTest final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path write(const QString& name, const std::string& bytes) const
    {
        QFile file(m_folder.filePath(name));
        QDir(m_folder.path()).mkpath(QFileInfo(name).path());
        if (!file.open(QIODevice::WriteOnly) ||
            file.write(bytes.data(), static_cast<qint64>(bytes.size())) < 0)
            qFatal("cannot write");
        return file.fileName().toStdString();
    }
    Result<Inputs> inputs(const GraphView& view, const std::filesystem::path& file, OwnInputs own = {},
                          const std::map<std::string, std::int64_t>& sizes = {}) const
    {
        NoProgress quiet;
        own.files = {file};
        return ownInputs(view, own, sizes, quiet, {});
    }
    static std::vector<double> numbers(const Inputs& inputs, std::size_t batch)
    {
        const auto made = inputs.batch(batch);
        return made ? *tensorView((*made)[0], nullptr).doubles() : std::vector<double>();
    }
    // The sentence of the refusal.
    QString refused(const GraphView& view, const std::string& bytes,
                    const QString& name = QStringLiteral("x.npz")) const
    {
        const auto read = inputs(view, write(name, bytes));
        return read ? QStringLiteral("it was read") : QString::fromStdString(read.error().message);
    }

private Q_SLOTS:
    void readsStoredDeflatedAndSingleArrays()
    {
        const auto view = viewOf({"N", 2});
        const std::string array = npy(header("<f4", "(3, 2)"), floats({1, 2, 3, 4, 5, 6}));
        const std::string longer = npy(header("<f4", "(3, 2)"), floats({1, 2, 3, 4, 5, 6}), 2);
        for (const auto& file :
             {write("a.npz", zip({{"x.npy", array}})),
              write("b.npz", zip({{"y.npy", "?"}, {"x.npy", longer, true}})), write("c.npy", array)}) {
            const auto read = inputs(*view, file);
            QVERIFY2(read, read ? "" : read.error().message.c_str());
            QCOMPARE(read->batches, std::size_t{3});
            QCOMPARE(numbers(*read, 1), (std::vector<double>{3, 4}));
        }
        // In batches of the size that is asked for; what is left is said.
        const auto pairs = inputs(*view, write("c.npy", array), {}, {{"N", 2}});
        QVERIFY(pairs);
        QCOMPARE(pairs->batches, std::size_t{1});
        QCOMPARE(numbers(*pairs, 0), (std::vector<double>{1, 2, 3, 4}));
        QVERIFY(pairs->notes[0].find("last 1 sample") != std::string::npos);
    }

    void readsFortransOrder()
    {
        const auto view = viewOf({1, 2, 3});
        const auto read =
            inputs(*view, write("f.npy", npy(header("<f4", "(1, 2, 3)", true), floats({1, 4, 2, 5, 3, 6}))));
        QVERIFY(read);
        QCOMPARE(numbers(*read, 0), (std::vector<double>{1, 2, 3, 4, 5, 6}));
    }

    void saysWhatDoesNotFit()
    {
        const auto view = viewOf({"N", 2});
        const auto one = [&](const std::string& head, const std::string& data = std::string(64, '\0')) {
            return refused(*view, npy(head, data), QStringLiteral("x.npy"));
        };
        QVERIFY(one(header("<f8", "(1, 2)")).contains("The input x takes N×2 float, and"));
        QVERIFY(one(header("<f8", "(1, 2)")).endsWith("has 1×2 double."));
        QVERIFY(one(header("<f4", "(2, 3)")).endsWith("has 2×3 float."));
        QVERIFY(one(header("<f4", "(2,)")).endsWith("has 2 float."));
        QVERIFY(one(header(">f4", "(1, 2)")).contains(".astype('<f4')"));
        QVERIFY(one(header("|O", "(1, 2)")).contains("pickled"));
        QVERIFY(one("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }")
                    .contains("no input has"));
        QVERIFY(refused(*view, zip({{"y.npy", npy(header("<f4", "(1, 2)"), floats({1, 2}))}}))
                    .contains("no array for the input x"));
    }

    void refusesHostileArrays()
    {
        const auto view = viewOf({"N", 2});
        for (const std::string& head :
             {header("<f4", "(99999999999, 2)"), header("<f4", "(4294967296, 4294967296, 4294967296)"),
              header("<f4", "(-1, 2)"), header("<f4", "(1, 2"), std::string("{'descr': '<f4'}"),
              std::string("{"), std::string(), std::string("{'shape': (1, 2), "),
              header("<f4", "(" + std::string(200, '1') + ",)"),
              "{'a': {'b': 1}, " + header("<f4", "(1, 2)")})
            QVERIFY2(refused(*view, npy(head, floats({1, 2})), QStringLiteral("x.npy"))
                         .contains("is no array of numpy"),
                     head.c_str());
        QVERIFY(refused(*view, "\x93NUMPY", QStringLiteral("x.npy")).contains("too short"));
        QVERIFY(refused(*view, std::string("\x93NUMPY\x01\x00\xff\xff", 10), QStringLiteral("x.npy"))
                    .contains("ends too early"));
        QVERIFY(refused(*view, std::string("\x93NUMPY\x09\x00\x00\x00", 10), QStringLiteral("x.npy"))
                    .contains("not known"));
    }

    void refusesHostileArchives()
    {
        const auto view = viewOf({"N", 2});
        const std::string array = npy(header("<f4", "(1, 2)"), floats({1, 2}));
        const std::string good = zip({{"x.npy", array}});
        QVERIFY(refused(*view, "PK").contains("too short"));
        QVERIFY(refused(*view, std::string(100, 'x')).contains("end is not there"));
        QVERIFY(refused(*view, zip({{.name = "x.npy", .data = array, .checksum = 1}})).contains("damaged"));
        QVERIFY(refused(*view, zip({{.name = "x.npy", .data = array, .deflate = true, .checksum = 1}}))
                    .contains("damaged"));
        // A few bytes that claim gigabytes are refused before any are allocated.
        QVERIFY(refused(*view, zip({{.name = "x.npy", .data = array, .deflate = true, .size = 0xfffffff0}}))
                    .contains("cannot hold"));
        QVERIFY(refused(*view, zip({{.name = "x.npy", .data = array, .deflate = true, .size = 300}}))
                    .contains("damaged"));
        QVERIFY(refused(*view, zip({{.name = "x.npy", .data = array, .deflate = true, .size = 20}}))
                    .contains("damaged"));
        QVERIFY(refused(*view, zip({{.name = "x.npy", .data = array, .deflate = true, .method = 12}}))
                    .contains("another way"));
        QVERIFY(refused(*view, zip({{.name = "x.npy", .data = array, .flags = 1}})).contains("encrypted"));
        QVERIFY(refused(*view, zip({{"x.npy", array}, {"x.npy", array}})).contains("twice"));
        // Cut off anywhere, or with any byte another one: a sentence, or the array all the same.
        for (std::size_t length = 0; length < good.size(); ++length)
            QVERIFY(refused(*view, good.substr(0, length)) != QStringLiteral("it was read"));
        for (std::size_t at = 0; at < good.size(); ++at)
            for (const char value : {'\0', '\x7f', '\xff'}) {
                std::string other = good;
                other[at] = value;
                refused(*view, other);
            }
    }

    void readsTables()
    {
        const auto view = viewOf({"N", 1, 2});
        const auto read = inputs(*view, write("t.csv", "a,class,b\r\n2,7,4\n6,8,8\n"),
                                 {.scale = 2, .labelColumn = "class"});
        QVERIFY2(read, read ? "" : read.error().message.c_str());
        QCOMPARE(read->batches, std::size_t{2});
        QCOMPARE(numbers(*read, 1), (std::vector<double>{3, 4}));
        QCOMPARE(read->labels, (std::vector<std::int64_t>{7, 8}));
        const auto last = inputs(*view, write("t.csv", "1;2;0\n3;4;1\n"), {.labelColumn = "3"});
        QVERIFY(last && last->labels == (std::vector<std::int64_t>{0, 1}));
        const auto wrong = [&](const std::string& text, const OwnInputs& own = {}) {
            const auto table = inputs(*view, write("w.csv", text), own);
            return table ? QString() : QString::fromStdString(table.error().message);
        };
        QVERIFY(wrong("1,2,3\n").contains("has 3"));
        QVERIFY(wrong("1,2\n3\n").contains("row 2"));
        QVERIFY(wrong("1,2\n3,x\n").contains("no number: \"x\""));
        QVERIFY(wrong("1,2,1.5\n", {.labelColumn = "last"}).contains("no class number"));
        QVERIFY(wrong("1,2,1\n", {.labelColumn = "4"}).contains("no column"));
        QVERIFY(wrong("").contains("no rows"));
    }

    void readsImages()
    {
        const std::vector<double> colors{200, 100, 50};
        for (const auto& file : {write("i/0.jpg", jpeg()), write("i/1.png", png())}) {
            const auto image = readImage(file);
            QVERIFY2(image, image ? "" : image.error().message.c_str());
            for (std::size_t n = 0; n < image->colors.size(); ++n)
                QVERIFY(std::abs(image->colors[n] - colors[n % 3]) <= 1);
        }
        const std::filesystem::path folder = m_folder.filePath("i").toStdString();
        const auto first =
            inputs(*viewOf({2, 3, 4, 5}), folder, {.mean = {0.5, 0, 0}, .deviation = {1, 2, 1}});
        QVERIFY2(first, first ? "" : first.error().message.c_str());
        QCOMPARE(first->batches, std::size_t{1});
        const std::vector<double> planes = numbers(*first, 0);
        QCOMPARE(planes.size(), std::size_t{2 * 3 * 4 * 5});
        for (std::size_t n = 0; n < planes.size(); ++n) {
            const std::size_t channel = n / 20 % 3;
            const double wanted = channel == 0   ? 200 / 255.0 - 0.5
                                  : channel == 1 ? 100 / 255.0 / 2
                                                 : 50 / 255.0;
            QVERIFY(std::abs(planes[n] - wanted) < 0.005);
        }
        const auto last = inputs(*viewOf({1, 4, 5, 3}), folder,
                                 {.labels = write("l.csv", "file,class\n1.png,7\n0.jpg,8\n")});
        QVERIFY(last && std::abs(numbers(*last, 1)[1] - 100 / 255.0) < 0.005);
        QCOMPARE(last->labels, (std::vector<std::int64_t>{8, 7}));
        const auto gray = inputs(*viewOf({"N", 1, 4, 4}), folder);
        QVERIFY(gray &&
                std::abs(numbers(*gray, 1)[9] - (0.299 * 200 + 0.587 * 100 + 0.114 * 50) / 255) < 1e-6);
    }

    void refusesDamagedImages()
    {
        for (const std::string& good : {jpeg(), png()}) {
            for (std::size_t length = 0; length < good.size() - 20; ++length)
                QVERIFY(!readImage(write("cut", good.substr(0, length))));
            for (std::size_t at = 0; at < good.size(); ++at) {
                std::string other = good;
                other[at] = static_cast<char>(other[at] ^ 0xff);
                const auto image = readImage(write("other", other));
                QVERIFY(!image || image->colors.size() == std::size_t{3} * image->width * image->height);
            }
        }
    }
};

QTEST_GUILESS_MAIN(InputsTest)
#include "test_inputs.moc"
