// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/prepare/PrepareFields.h"

#include "core/prepare/Dims.h"
#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

PrepareFields::PrepareFields(QWidget* parent)
    : QWidget(parent),
      m_sizes(new QLineEdit),
      m_opset(new QLineEdit)
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_sizesLabel = add(*layout, m_sizes, u"prepareSizes"_s, tr("Sizes"));
    layout->setStretchFactor(m_sizes, 1);
    add(*layout, m_opset, u"prepareOpset"_s, tr("Opset"));
    layout->addStretch();
    m_sizes->setAccessibleName(tr("Sizes of symbolic dimensions"));
    m_opset->setAccessibleName(tr("Opset to convert to"));
    m_opset->setMaxLength(3);
    m_opset->setFixedWidth(52);
    m_told = text();
}

QLabel* PrepareFields::add(QHBoxLayout& into, QLineEdit* field, const QString& name, const QString& label)
{
    field->setObjectName(name);
    auto* words = new PlainLabel(label);
    words->setProperty("role", u"quiet"_s);
    words->setBuddy(field);
    into.addWidget(words);
    into.addWidget(field);
    connect(field, &QLineEdit::editingFinished, this, &PrepareFields::finished);
    return words;
}

void PrepareFields::describe(const GraphView* view)
{
    const auto symbols = view ? symbolsOf(*view) : std::vector<std::string>();
    QStringList names;
    names.reserve(static_cast<qsizetype>(symbols.size()));
    for (const std::string& symbol : symbols)
        names += oneLine(toQt(symbol));
    m_sizesLabel->setVisible(!symbols.empty());
    m_sizes->setVisible(!symbols.empty());
    m_sizes->setPlaceholderText(symbols.empty() ? QString() : tr("%1=1").arg(names.front()));
    m_sizes->setToolTip(plainTip(
        tr("Sizes in place of symbols, as NAME=1, OTHER=224. This model has: %1").arg(names.join(u", "_s))));
    const QString now = view ? QString::number(view->model().opset()) : QString();
    m_opset->setPlaceholderText(now);
    m_opset->setEnabled(view);
    m_opset->setToolTip(
        tr("The version of ONNX's operators to convert to; where it is empty, %1 stays").arg(now));
}

void PrepareFields::clear()
{
    m_sizes->clear();
    m_opset->clear();
    m_told = text();
}

bool PrepareFields::hasSizes() const
{
    return !m_sizes->text().trimmed().isEmpty();
}

bool PrepareFields::hasOpset() const
{
    return !m_opset->text().trimmed().isEmpty();
}

void PrepareFields::askFor(std::string_view pass)
{
    if (pass == "opset" && !hasOpset())
        m_opset->setFocus(Qt::OtherFocusReason);
    else if (pass == "dims" && !hasSizes())
        m_sizes->setFocus(Qt::OtherFocusReason);
}

Result<PrepareOptions> PrepareFields::options() const
{
    PrepareOptions options;
    for (const QString& part : m_sizes->text().split(u',', Qt::SkipEmptyParts)) {
        const qsizetype split = part.lastIndexOf(u'=');
        bool isNumber = false;
        const qlonglong size = part.mid(split + 1).trimmed().toLongLong(&isNumber);
        if (split < 1 || !isNumber || size < 1)
            return failure(ErrorCode::Usage, toStd(tr("\"%1\" is no NAME=N.").arg(part.trimmed())));
        options.dims[toStd(part.left(split).trimmed())] = size;
    }
    if (const QString opset = m_opset->text().trimmed(); !opset.isEmpty()) {
        bool isNumber = false;
        options.opset = opset.toLongLong(&isNumber);
        if (!isNumber)
            return failure(ErrorCode::Usage, toStd(tr("\"%1\" is no opset.").arg(opset)));
    }
    return options;
}

QString PrepareFields::text() const
{
    return m_sizes->text().trimmed() + u'\n' + m_opset->text().trimmed();
}

// Also when the cursor only leaves a field.
void PrepareFields::finished()
{
    const QString now = text();
    if (std::exchange(m_told, now) != now)
        Q_EMIT edited();
}

} // namespace pleat::ui
