// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors as rows and columns of cells, and blocks of cells by the largest of them: against loops over the
// tensor's own indices.
#include "core/tensor/LargestCells.h"

#include <QTest>
#include <array>
#include <cmath>
#include <limits>
#include <random>

using namespace pleat;

namespace {

TensorView tensorOf(const std::vector<float>& values, std::vector<std::int64_t> dims)
{
    const auto bytes = std::as_bytes(std::span(values));
    return {"t", DataType::Float, std::move(dims),
            Payload{std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end())}};
}

std::vector<float> randomFloats(std::size_t count, std::uint32_t seed)
{
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> uniform(-3, 2);
    std::vector<float> values(count);
    for (float& value : values)
        value = uniform(random);
    return values;
}

LargestCells cellsOf(const CellValues& values, const Grid& grid, const CellRegion& region, BlockSize block)
{
    NoProgress progress;
    auto cells = largestCells(values, grid, region, block, progress, {});
    if (!cells)
        qFatal("%s", cells.error().message.c_str());
    return std::move(*cells);
}

CellRegion all(const Grid& grid)
{
    return {0, grid.rows(), 0, grid.columns()};
}

// What is to be seen: picture[row][column], as the index of the element.
using Picture = std::vector<std::vector<std::size_t>>;

Picture picture(std::size_t rows, std::size_t columns)
{
    return {rows, std::vector<std::size_t>(columns)};
}

void compareBlock(const std::vector<float>& values, const Picture& expected, const LargestCells& cells,
                  std::size_t row, std::size_t column)
{
    const CellRegion& region = cells.region;
    std::size_t largest = std::numeric_limits<std::size_t>::max();
    for (std::size_t r = row * cells.blockRows; r < std::min((row + 1) * cells.blockRows, region.rows); ++r)
        for (std::size_t c = column * cells.blockColumns;
             c < std::min((column + 1) * cells.blockColumns, region.columns); ++c) {
            const std::size_t element = expected[region.firstRow + r][region.firstColumn + c];
            if (largest >= values.size() || std::abs(values[element]) > std::abs(values[largest]))
                largest = element;
        }
    QCOMPARE(cells.at(row, column).value, double(values[largest]));
    QCOMPARE(std::size_t(cells.at(row, column).element), largest);
}

// The whole of it, cell by cell and in blocks, and parts of it.
void compare(const std::vector<float>& values, const TensorView& tensor, const Grid& grid,
             const Picture& expected)
{
    QCOMPARE(std::size_t(grid.rows()), expected.size());
    QCOMPARE(std::size_t(grid.columns()), expected[0].size());
    for (std::size_t r = 0; r < expected.size(); ++r)
        for (std::size_t c = 0; c < expected[r].size(); ++c) {
            QCOMPARE(std::size_t(grid.element(r, c)), expected[r][c]);
            QCOMPARE(std::size_t(grid.cell(expected[r][c]).row), r);
            QCOMPARE(std::size_t(grid.cell(expected[r][c]).column), c);
        }
    std::mt19937 random(7);
    const auto below = [&random](std::uint64_t end) { return random() % end; };
    for (int round = 0; round < 60; ++round) {
        CellRegion region = all(grid);
        BlockSize block;
        if (round > 0) {
            block = {1 + below(4), 1 + below(5)};
            region.firstRow = below(grid.rows());
            region.rows = 1 + below(grid.rows() - region.firstRow);
            region.firstColumn = below(grid.columns());
            region.columns = 1 + below(grid.columns() - region.firstColumn);
        }
        const LargestCells cells = cellsOf({tensor, {}, {}}, grid, region, block);
        QCOMPARE(cells.rows, (region.rows + block.rows - 1) / block.rows);
        QCOMPARE(cells.columns, (region.columns + block.columns - 1) / block.columns);
        for (std::size_t r = 0; r < cells.rows; ++r)
            for (std::size_t c = 0; c < cells.columns; ++c)
                compareBlock(values, expected, cells, r, c);
    }
}

} // namespace

class LargestCellsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void layAMatrixOutAsItIsStored()
    {
        const auto values = randomFloats(std::size_t{5} * 11, 1);
        const auto tensor = tensorOf(values, {5, 11});
        auto expected = picture(5, 11);
        for (std::size_t n = 0; n < 5; ++n)
            for (std::size_t k = 0; k < 11; ++k)
                expected[n][k] = n * 11 + k;
        const Grid grid = gridOf(layoutByShape(tensor.dims()), tensor.dims(), GridForm::Matrix);
        QVERIFY(!grid.turned);
        compare(values, tensor, grid, expected);
    }

    void giveAMatrixOfInputsByOutputsARowAnOutput()
    {
        const auto values = randomFloats(std::size_t{13} * 6, 2); // 13 inputs, 6 outputs
        const auto tensor = tensorOf(values, {13, 6});
        auto expected = picture(6, 13);
        for (std::size_t n = 0; n < 6; ++n)
            for (std::size_t k = 0; k < 13; ++k)
                expected[n][k] = k * 6 + n;
        compare(values, tensor, gridOf(WeightLayout::matrix(13, 6, false), tensor.dims(), GridForm::Matrix),
                expected);
    }

    void flattenKernelsIntoTheRowOfTheirOutput()
    {
        const auto values = randomFloats(std::size_t{6} * 2 * 3 * 5, 3);
        const auto tensor = tensorOf(values, {6, 2, 3, 5});
        auto expected = picture(6, 30);
        for (std::size_t o = 0; o < 6; ++o)
            for (std::size_t position = 0; position < 30; ++position)
                expected[o][position] = o * 30 + position;
        // Of two groups, and so with four inputs.
        compare(values, tensor,
                gridOf(WeightLayout::convolution(6, 4, 15, 2), tensor.dims(), GridForm::Matrix), expected);
    }

    void drawKernelsAsTiles()
    {
        const auto values = randomFloats(std::size_t{4} * 3 * 3 * 5, 4);
        const auto tensor = tensorOf(values, {4, 3, 3, 5});
        auto expected = picture(std::size_t{4} * 3, std::size_t{3} * 5);
        for (std::size_t o = 0; o < 4; ++o)
            for (std::size_t i = 0; i < 3; ++i)
                for (std::size_t y = 0; y < 3; ++y)
                    for (std::size_t x = 0; x < 5; ++x)
                        expected[o * 3 + y][i * 5 + x] = ((o * 3 + i) * 3 + y) * 5 + x;
        const Grid grid = gridOf(layoutByShape(tensor.dims()), tensor.dims(), GridForm::Tiles);
        QCOMPARE(grid.tileRows, 3U);
        QCOMPARE(grid.tileColumns, 5U);
        compare(values, tensor, grid, expected);
        WeightLayout cut = layoutByShape(tensor.dims()); // as a reader of layers may give it
        cut.axes.back() = {3, 0, 0};
        cut.axes.push_back({5, 0, 0});
        compare(values, tensor, gridOf(cut, tensor.dims(), GridForm::Tiles), expected);
    }

    // Depthwise: tall as it is, so its output channels go from left to right. Kernels stay upright.
    void turnWhatWouldBeTallerThanWide()
    {
        const auto values = randomFloats(std::size_t{9} * 3 * 2, 5);
        const auto tensor = tensorOf(values, {9, 1, 3, 2});
        auto expected = picture(3, std::size_t{9} * 2);
        for (std::size_t o = 0; o < 9; ++o)
            for (std::size_t y = 0; y < 3; ++y)
                for (std::size_t x = 0; x < 2; ++x)
                    expected[y][o * 2 + x] = (o * 3 + y) * 2 + x;
        const Grid grid = gridOf(WeightLayout::convolution(9, 9, 6, 9), tensor.dims(), GridForm::Tiles);
        QVERIFY(grid.turned);
        compare(values, tensor, grid, expected);
    }

    // Its weight counts input channels first: [Cin, M/g, kH, kW], here of two groups of 3 inputs and 2
    // outputs.
    void followTransposedConvolutions()
    {
        const auto values = randomFloats(std::size_t{6} * 2 * 2 * 3, 6);
        const auto tensor = tensorOf(values, {6, 2, 2, 3});
        auto expected = picture(std::size_t{4} * 2, std::size_t{3} * 3);
        for (std::size_t g = 0; g < 2; ++g)
            for (std::size_t c = 0; c < 3; ++c)
                for (std::size_t m = 0; m < 2; ++m)
                    for (std::size_t y = 0; y < 2; ++y)
                        for (std::size_t x = 0; x < 3; ++x)
                            expected[(g * 2 + m) * 2 + y][c * 3 + x] =
                                (((g * 3 + c) * 2 + m) * 2 + y) * 3 + x;
        compare(values, tensor,
                gridOf(WeightLayout::transposedConvolution(4, 6, 6, 2), tensor.dims(), GridForm::Tiles),
                expected);
    }

    void takeNumbersAndVectors()
    {
        const std::array<float, 3> three{1, -2, 3};
        const auto vector = tensorOf({three.begin(), three.end()}, {3});
        compare({1, -2, 3}, vector, gridOf(layoutByShape(vector.dims()), vector.dims(), GridForm::Tiles),
                {{0, 1, 2}});
        const auto number = tensorOf({-4}, {});
        compare({-4}, number, gridOf(layoutByShape({}), {}, GridForm::Matrix), {{0}});
        const auto empty = tensorOf({}, {4, 0});
        const Grid none = gridOf(layoutByShape(empty.dims()), empty.dims(), GridForm::Matrix);
        QCOMPARE(none.rows() * none.columns(), 0U);
    }

    void letNothingHideWhatIsNotFinite()
    {
        const float infinity = std::numeric_limits<float>::infinity();
        const auto tensor = tensorOf({1, -infinity, 2, std::nanf(""), 5, -6, infinity, -7, 0, 0}, {2, 5});
        const Grid grid = gridOf(layoutByShape(tensor.dims()), tensor.dims(), GridForm::Matrix);
        const LargestCells cells = cellsOf({tensor, {}, {}}, grid, all(grid), {1, 3});
        QCOMPARE(cells.at(0, 0).value, -double(infinity));
        QVERIFY(std::isnan(cells.at(0, 1).value));
        QCOMPARE(cells.at(1, 0).value, double(infinity));
        QCOMPARE(cells.at(1, 1).value, 0.0);
        QCOMPARE(cells.at(1, 1).element, 8U);
        QCOMPARE(cells.reach, 0.0); // of the finite ones that are to be seen
        QVERIFY(cells.hasOthers);
        QCOMPARE(cellsOf({tensor, {}, {}}, grid, all(grid), {1, 1}).reach, 7.0);
    }

    void takeDifferences()
    {
        const auto before = tensorOf({2, -4, 0, 1}, {2, 2}), after = tensorOf({3, -2, 8, 1}, {2, 2});
        const Grid grid = gridOf(layoutByShape(after.dims()), after.dims(), GridForm::Matrix);
        const auto values = [&](std::optional<double> floor) {
            std::vector<double> result;
            result.reserve(4);
            for (const auto& cell : cellsOf({after, before, floor}, grid, all(grid), {}).cells)
                result.push_back(cell.value);
            return result;
        };
        QCOMPARE(values({}), (std::vector<double>{1, 2, 8, 0}));
        QCOMPARE(values(0.5), (std::vector<double>{0.5, 0.5, 16, 0})); // 8 / max(0, 0.5)
    }

    // 16 GB of zeros that are nowhere: only what is asked for is read.
    void readNoMoreThanIsShown()
    {
        const std::uint64_t outputs = 40000, inputs = 100000;
        const auto zero = std::make_shared<const std::vector<std::byte>>(4);
        const auto stored = std::make_shared<const ScaledBytes>(
            ScaledBytes{Repeated{zero, outputs * inputs * 4}, DataType::Float, {}, {}, {}});
        const TensorView tensor("t", DataType::Float, {40000, 100000}, Payload{stored});
        const Grid grid = gridOf(layoutByShape(tensor.dims()), tensor.dims(), GridForm::Matrix);
        const CellRegion region{1234, 50, 56789, 200};
        std::uint64_t read = 0, end = 0;
        forEachPiece(grid, region, [&](std::uint64_t first, std::uint64_t count) {
            if (first < end || first % inputs != 56789 || count != 200)
                qFatal("the piece [%llu, +%llu)", static_cast<unsigned long long>(first),
                       static_cast<unsigned long long>(count));
            end = first + count;
            read += count;
            return true;
        });
        QCOMPARE(read, 50U * 200U);
        QCOMPARE(cellsOf({tensor, {}, {}}, grid, region, {5, 20}).cells.size(), 100U);
        const BlockSize block = overviewBlocks(grid);
        const std::uint64_t cells = ((grid.rows() + block.rows - 1) / block.rows) *
                                    ((grid.columns() + block.columns - 1) / block.columns);
        QVERIFY(cells <= (1U << 20) && cells > (1U << 18));
    }

    void stopWhenAskedTo()
    {
        const auto tensor = tensorOf({1, 2}, {1, 2});
        const Grid grid = gridOf(layoutByShape(tensor.dims()), tensor.dims(), GridForm::Matrix);
        std::stop_source stop;
        stop.request_stop();
        NoProgress progress;
        const auto cells = largestCells({tensor, {}, {}}, grid, all(grid), {}, progress, stop.get_token());
        QVERIFY(!cells);
        QCOMPARE(cells.error().code, ErrorCode::Cancelled);
    }
};

QTEST_APPLESS_MAIN(LargestCellsTest)
#include "test_largest_cells.moc"
