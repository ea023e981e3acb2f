// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/TensorTools.h"

#include "core/report/Npy.h"
#include "core/report/PlaneCsv.h"
#include "ui/document/Convert.h"
#include "ui/document/Settings.h"
#include "ui/jobs/Job.h"
#include "ui/weights/TensorEdits.h"
#include "ui/weights/TensorTable.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/PlainText.h"

#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QToolButton>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto findLane = u"find value"_s;
const auto takeLane = u"take values"_s;
constexpr std::uint64_t mostCopied = 1'000'000; // cells; more belong into a file

QString tabSeparated(const std::vector<Element>& cells, std::uint64_t columns, DataType type,
                     std::optional<int> digits)
{
    std::string lines;
    for (std::size_t c = 0; c < cells.size(); ++c) {
        if (c > 0)
            lines += c % columns == 0 ? '\n' : '\t';
        lines += text(type, cells[c], digits);
    }
    return toQt(lines);
}

QToolButton* button(QAction* action)
{
    auto* made = new QToolButton;
    made->setDefaultAction(action);
    made->setProperty("boxed", true);
    return made;
}

QLineEdit* field(const QString& name, const QString& hint, const QString& tip, int width)
{
    auto* made = new QLineEdit;
    made->setObjectName(name);
    made->setPlaceholderText(hint);
    made->setAccessibleName(tip);
    made->setToolTip(tip);
    made->setFixedWidth(width);
    return made;
}

} // namespace

TensorTools::TensorTools(JobRunner& jobs, TensorTable& table, QWidget* parent)
    : QWidget(parent),
      m_jobs(jobs),
      m_table(table)
{
    m_word = new PlainLabel;
    m_word->setObjectName(u"tableWord"_s);
    m_word->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_word->setElided(Qt::ElideRight);
    m_digits = new QComboBox;
    m_digits->setObjectName(u"tableDigits"_s);
    m_digits->setAccessibleName(tr("Digits"));
    m_digits->setToolTip(tr("How many significant digits are shown, copied and saved as CSV"));
    m_digits->addItem(tr("all digits"));
    for (const int digits : {3, 4, 6, 9})
        m_digits->addItem(tr("%n digits", nullptr, digits).replace(u"%n"_s, QString::number(digits)), digits);
    connect(m_digits, &QComboBox::currentIndexChanged, this, &TensorTools::chooseDigits);

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(14, 4, 14, 4);
    layout->setSpacing(6);
    layout->addWidget(m_word, 1);
    layout->addWidget(makeFinder());
    layout->addWidget(m_digits);
    m_edits = new TensorEdits(table);
    connect(m_edits, &TensorEdits::said, this, &TensorTools::say);
    layout->addWidget(m_edits);
    layout->addWidget(makeMenu());
    connect(&table, &TensorTable::currentMoved, this, &TensorTools::updateCurrent);
    connect(&table, &TensorTable::loaded, this, &TensorTools::updateCurrent);
}

QWidget* TensorTools::makeFinder()
{
    m_index = field(u"tableIndex"_s, tr("Go to 0, 0, …"), tr("Go to the value at this index"), 120);
    connect(m_index, &QLineEdit::returnPressed, this, &TensorTools::goTo);
    m_limit = field(u"tableLimit"_s, tr("limit"), tr("Limit for the size of a value"), 72);
    connect(m_limit, &QLineEdit::returnPressed, this, &TensorTools::findAbove);
    QAction* const above = makeAction(this, tr("Next |x| >"), {}, tr("Go to the next value beyond the limit"),
                                      [this] { findAbove(); });
    QAction* const notFinite =
        makeAction(this, tr("Next NaN/Inf"), {}, tr("Go to the next value that is not a finite number"),
                   [this] { find({}, tr("All values are finite.")); });
    auto* finder = new QWidget;
    auto* layout = new QHBoxLayout(finder);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addWidget(m_index);
    for (QAction* action : {above, notFinite}) {
        auto* shown = button(action);
        shown->setObjectName(action == above ? u"tableFindAbove"_s : u"tableFindNonFinite"_s);
        layout->addWidget(shown);
        if (action == above)
            layout->addWidget(m_limit);
    }
    return finder;
}

QWidget* TensorTools::makeMenu()
{
    auto* menu = new QMenu(this);
    QAction* const copied = makeAction(this, tr("&Copy"), {QKeySequence::Copy},
                                       tr("Copy the selected values as text"), [this] { copy(); });
    copied->setShortcutContext(Qt::WidgetShortcut);
    QAction* const csv = makeAction(this, tr("Save as C&SV…"), {},
                                    tr("Save the selected values, or all that two axes show, as a file"),
                                    [this] { askToSaveCsv(); });
    m_npy = makeAction(this, tr("Save tensor as .&npy…"), {}, tr("Save the whole tensor for NumPy"),
                       [this] { askToSaveNpy({}); });
    m_npySelection = makeAction(this, tr("Save &selection as .npy…"), {},
                                tr("Save the selected values for NumPy"), [this] { saveSelectedNpy(); });
    csv->setObjectName(u"tableCsv"_s);
    m_npy->setObjectName(u"tableNpy"_s);
    m_npySelection->setObjectName(u"tableNpySelection"_s);
    m_table.setContextMenuPolicy(Qt::ActionsContextMenu);
    for (QAction* action : {copied, csv, m_npySelection, m_npy}) {
        menu->addAction(action);
        m_table.addAction(action);
    }
    auto* shown = new QToolButton;
    shown->setText(tr("Take along"));
    shown->setToolTip(tr("Copy or save values"));
    shown->setMenu(menu);
    shown->setPopupMode(QToolButton::InstantPopup);
    shown->setProperty("boxed", true);
    return shown;
}

void TensorTools::updateCurrent()
{
    const TensorPlane& plane = m_table.plane();
    m_npy->setEnabled(!m_table.elements().isDifference() &&
                      !npyType(m_table.elements().tensor().type()).empty());
    m_npySelection->setEnabled(m_npy->isEnabled() && m_table.isSelected());
    if (plane.isEmpty()) {
        m_word->setText({});
        return;
    }
    const auto [row, column] = m_table.current();
    const Element* const value = m_table.cells().cell(row, column);
    QString word = u"[%1]"_s.arg(positionsText(plane.positions(row, column)));
    if (value)
        word += u" = "_s + toQt(text(m_table.elements().type(), *value));
    if (m_table.isSelected()) {
        const PlaneArea chosen = m_table.selection();
        word += tr(" · %1 × %2 selected").arg(chosen.rows).arg(chosen.columns);
    }
    say(word);
}

void TensorTools::say(const QString& sentence)
{
    m_word->setText(oneLine(sentence));
}

void TensorTools::cancel()
{
    m_jobs.cancel(this, findLane);
    m_jobs.cancel(this, takeLane);
}

void TensorTools::goTo()
{
    const auto positions = positionsFrom(toStd(m_index->text()), m_table.plane());
    if (positions)
        Q_EMIT elementWanted(m_table.plane().element(*positions));
    else
        say(toQt(positions.error().message));
}

void TensorTools::findAbove()
{
    bool isNumber = false;
    const double limit = m_limit->text().toDouble(&isNumber);
    if (!isNumber || std::isnan(limit)) {
        say(tr("A limit is a number, as 0.5 or 1e-3."));
        m_limit->setFocus();
        return;
    }
    find({std::abs(limit)}, tr("No value is larger than %1.").arg(number(std::abs(limit))));
}

void TensorTools::find(const Sought& sought, const QString& nothing)
{
    const auto [row, column] = m_table.current();
    const TensorPlane& plane = m_table.plane();
    if (plane.isEmpty())
        return;
    say(tr("Looking for it…"));
    m_jobs.start(
        findLane, tr("Looking for a value…"), this,
        [elements = m_table.elements(), sought, from = plane.element(plane.positions(row, column)) + 1](
            Progress& progress, const std::stop_token& stop) {
            return findElement(elements, sought, from, progress, stop);
        },
        [this, nothing](const Result<std::optional<std::uint64_t>>& found) {
            if (!found) {
                say(toQt(found.error().message));
                Q_EMIT failed(found.error());
            } else if (*found) {
                Q_EMIT elementWanted(**found);
            } else {
                say(nothing);
            }
        });
}

void TensorTools::chooseDigits(int entry)
{
    const QVariant digits = m_digits->itemData(entry);
    m_table.setDigits(digits.isValid() ? std::optional(digits.toInt()) : std::nullopt);
}

void TensorTools::copy()
{
    const PlaneArea area = m_table.selection();
    if (area.cells() == 0)
        return;
    if (area.rows > mostCopied / area.columns) {
        say(tr("These are too many values to be copied; save them as CSV."));
        return;
    }
    m_jobs.start(
        takeLane, tr("Copying values…"), this,
        [elements = m_table.elements(), plane = m_table.plane(), area,
         digits = m_table.cells().digits()](Progress&, const std::stop_token& stop) -> Result<QString> {
            const auto cells = readArea(elements, plane, area, stop);
            if (!cells)
                return tl::make_unexpected(cells.error());
            return tabSeparated(*cells, area.columns, elements.type(), digits);
        },
        [this](const Result<QString>& lines) {
            if (lines)
                QGuiApplication::clipboard()->setText(*lines);
            else
                Q_EMIT failed(lines.error());
        });
}

void TensorTools::askForFile(const QString& title, const QString& suffix,
                             std::function<void(const QString&)> save)
{
    auto* dialog = new QFileDialog(this, title, Settings::lastFolder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    QString name = oneLine(toQt(m_table.elements().tensor().name()));
    dialog->selectFile(name.replace(u'/', u'_') + u'.' + suffix);
    connect(dialog, &QFileDialog::fileSelected, this, std::move(save));
    dialog->open();
}

void TensorTools::askToSaveCsv()
{
    const PlaneArea all{0, 0, m_table.plane().rows(), m_table.plane().columns()};
    const PlaneArea area = m_table.isSelected() ? m_table.selection() : all;
    const auto save = [this, area, elements = m_table.elements(), plane = m_table.plane(),
                       digits = m_table.cells().digits()](const QString& target) {
        m_jobs.start(
            takeLane, tr("Saving values…"), this,
            [=](Progress& progress, const std::stop_token& stop) {
                return savePlaneCsv(toPath(target), elements, plane, area, digits, progress, stop);
            },
            [this, target](const Result<void>& saved) {
                say(saved ? tr("Saved as %1.").arg(target) : toQt(saved.error().message));
            });
    };
    askForFile(tr("Save Values as CSV"), u"csv"_s, save);
}

void TensorTools::saveSelectedNpy()
{
    std::vector<Slice> slices;
    for (const auto& [first, count] : stretches(m_table.plane(), m_table.selection()))
        slices.push_back({first, count});
    askToSaveNpy(std::move(slices));
}

void TensorTools::askToSaveNpy(std::vector<Slice> slices)
{
    const auto save = [this, tensor = m_table.elements().tensor(),
                       slices = std::move(slices)](const QString& target) {
        m_jobs.start(
            takeLane, tr("Saving the tensor…"), this,
            [=](Progress&, const std::stop_token& stop) {
                return saveNpy(toPath(target), tensor, slices, stop);
            },
            [this, target, type = tensor.type()](const Result<void>& saved) {
                say(!saved ? toQt(saved.error().message)
                           : tr("Saved as %1.").arg(target) + u' ' + toQt(npyNote(type)));
            });
    };
    askForFile(tr("Save the Tensor for NumPy"), u"npy"_s, save);
}

} // namespace pleat::ui
