// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/OutputsModel.h"

#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

QString ofRows(std::uint64_t agreeing, std::uint64_t rows)
{
    return OutputsModel::tr("%1 of %2").arg(agreeing).arg(rows);
}

QString foundText(const OutputDifference& output)
{
    return !output.problem.empty()         ? oneLine(toQt(output.problem))
           : !output.isWithin              ? OutputsModel::tr("differs by more than is tolerated")
           : output.besideSteps            ? OutputsModel::tr("within what rounding to integers explains")
           : output.numbers.differing == 0 ? OutputsModel::tr("the same to the last bit")
                                           : OutputsModel::tr("within what is tolerated");
}

QString numberText(const OutputDifference& output, int column)
{
    switch (column) {
    case OutputsModel::Largest:
        return number(output.numbers.largest);
    case OutputsModel::Tolerated:
        return number(output.tolerated);
    case OutputsModel::Scaled:
        return number(output.scaled);
    case OutputsModel::Snr:
        return ratioText(output.numbers.sqnr);
    case OutputsModel::Cosine:
        return QString::number(output.cosine, 'g', 9);
    case OutputsModel::FirstClass:
        return output.classes ? ofRows(output.classes->first, output.classes->rows) : QString();
    default:
        return output.classes ? ofRows(output.classes->firstFive, output.classes->rows) : QString();
    }
}

} // namespace

OutputsModel::OutputsModel(QObject* parent)
    : RowsModel({{tr("Output"), tr("An output of the model"), true},
                 {tr("Type"), tr("Of its elements"), true},
                 {tr("Shape"), tr("As it came out of the run"), true},
                 {tr("Largest |Δ|"), tr("What an element differs by at most")},
                 {tr("Tolerated"), tr("What an element may differ by")},
                 {tr("Scaled"), tr("The largest difference over the largest number before")},
                 {tr("SNR, dB"), tr("10·log₁₀(Σ before² / Σ difference²)")},
                 {tr("Cosine"), tr("Of the angle between the two as vectors")},
                 {tr("Top-1"), tr("Rows, taken for class scores, that agree on the first")},
                 {tr("Top-5"), tr("Rows, taken for class scores, that agree on the set of the first five")},
                 {tr("Found"), tr("What the numbers say"), true}},
                parent)
{
}

void OutputsModel::setFound(VerificationPointer found)
{
    beginResetModel();
    m_found = std::move(found);
    endResetModel();
}

const OutputDifference& OutputsModel::at(int row) const
{
    return m_found->outputs[static_cast<std::size_t>(row)];
}

int OutputsModel::rows() const
{
    return m_found ? static_cast<int>(m_found->outputs.size()) : 0;
}

QString OutputsModel::text(int row, int column) const
{
    const OutputDifference& output = at(row);
    switch (column) {
    case Name:
        return oneLine(toQt(output.name));
    case Type:
        return toQt(name(output.type));
    case Shape:
        return dimensions(output.dims, u"×"_s);
    case Found:
        return foundText(output);
    default:
        return output.problem.empty() ? numberText(output, column) : u"–"_s;
    }
}

QString OutputsModel::tip(int row, int column) const
{
    const OutputDifference& output = at(row);
    return !output.problem.empty() ? toQt(output.problem)
           : output.besideSteps    ? toQt(sentenceOf(*output.besideSteps))
                                   : text(row, column);
}

QVariant OutputsModel::key(int row, int column) const
{
    const OutputDifference& output = at(row);
    switch (column) {
    case Largest:
        return output.numbers.largest;
    case Tolerated:
        return output.tolerated;
    case Scaled:
        return output.scaled;
    case Snr:
        return output.numbers.sqnr;
    case Cosine:
        return output.cosine;
    default:
        return text(row, column);
    }
}

QVariant OutputsModel::more(int row, int column, int role) const
{
    return role == WarnRole && (column == Found || column == Largest) ? QVariant(!at(row).isWithin)
                                                                      : QVariant();
}

} // namespace pleat::ui
