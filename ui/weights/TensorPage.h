// SPDX-License-Identifier: GPL-3.0-or-later
// The tab Table: the values of the tensors of what is selected, one tensor at a time, before and after
// folding or the difference. Two axes by choice run as rows and columns, the others stand still where the
// spin boxes say. UI thread only.
#pragma once

#include "core/edit/EditStep.h"
#include "core/tensor/TensorPlane.h"
#include "ui/weights/TensorAlone.h"

#include <QWidget>
#include <functional>

class QComboBox;
class QHBoxLayout;
class QStackedWidget;

namespace pleat::ui {

class JobRunner;
class PlainLabel;
class SegmentedControl;
class TensorTable;
class TensorTools;
class WideScrollBar;

class TensorPage final : public QWidget {
    Q_OBJECT
public:
    explicit TensorPage(JobRunner& jobs, QWidget* parent = nullptr);

    // The first one is shown, or the one of the same name as what was shown.
    void setTensors(std::vector<TensorSides> tensors);
    // What a tensor that is shown is called in steps that change it; "": it is not as the model has it now.
    using IdOf = std::function<std::string(const TensorView& shown)>;
    void setIdOf(IdOf idOf) { m_idOf = std::move(idOf); }
    bool isEmpty() const { return m_tensors.empty(); }
    const std::string& firstName() const { return m_tensors.front().after.tensor().name(); }
    void goTo(quint64 element); // of the tensor

Q_SIGNALS:
    void editWanted(const pleat::EditStep& step);
    void failed(const pleat::Error& error); // reading did, and the page says why

private:
    QWidget* makeTable();
    QComboBox* makeChoice(const char* name, const QString& accessibleName);
    const TensorSides* sides() const; // chosen; null: there is none
    void chooseTensor();
    void chooseAxis(bool rows);
    void showAxes(); // in the boxes
    void showPlane();
    std::string idOf(const Elements& shown) const; // "": it is not as the model has it now
    QString whyFixed(const TensorSides& sides) const;
    void showSentence(const QString& sentence);

    JobRunner& m_jobs;
    std::vector<TensorSides> m_tensors;
    IdOf m_idOf;
    TensorPlane m_plane;
    QComboBox* m_tensor = nullptr;
    QComboBox* m_rows = nullptr;
    QComboBox* m_columns = nullptr;
    QHBoxLayout* m_others = nullptr; // a spin box for each axis that stands still
    SegmentedControl* m_side = nullptr;
    QStackedWidget* m_pages = nullptr;
    TensorTable* m_table = nullptr;
    WideScrollBar *m_down = nullptr, *m_across = nullptr;
    PlainLabel* m_sentence = nullptr;
    TensorTools* m_tools = nullptr;
};

} // namespace pleat::ui
