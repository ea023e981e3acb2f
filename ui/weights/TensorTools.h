// SPDX-License-Identifier: GPL-3.0-or-later
// The row below a TensorTable: which value is current, go to an index, find the next large value or the next
// that is not finite, how many digits are shown, and a menu that takes values along: copied, as CSV, as .npy.
// What takes long runs in a job. UI thread only.
#pragma once

#include "core/report/TensorBytes.h"

#include <QWidget>
#include <functional>

class QAction;
class QComboBox;
class QLineEdit;

namespace pleat {
struct Error;
struct Sought;
} // namespace pleat

namespace pleat::ui {

class JobRunner;
class PlainLabel;
class TensorEdits;
class TensorTable;

class TensorTools final : public QWidget {
    Q_OBJECT
public:
    // The table outlives it.
    TensorTools(JobRunner& jobs, TensorTable& table, QWidget* parent = nullptr);

    void updateCurrent(); // another tensor, plane or cell
    void say(const QString& sentence);
    TensorEdits& edits() const { return *m_edits; }
    void cancel(); // what is being looked for or saved

Q_SIGNALS:
    void elementWanted(quint64 element); // to be gone to, by its number in the tensor
    void failed(const pleat::Error& error);

private:
    QWidget* makeFinder();
    QWidget* makeMenu();
    void goTo();
    void findAbove();
    void find(const Sought& sought, const QString& nothing);
    void chooseDigits(int entry);
    void copy();
    void askForFile(const QString& title, const QString& suffix, std::function<void(const QString&)> save);
    void askToSaveCsv();
    void saveSelectedNpy();
    void askToSaveNpy(std::vector<Slice> slices); // all of the tensor where there are none

    JobRunner& m_jobs;
    TensorTable& m_table;
    PlainLabel* m_word = nullptr;
    QLineEdit* m_index = nullptr;
    QLineEdit* m_limit = nullptr;
    TensorEdits* m_edits = nullptr;
    QComboBox* m_digits = nullptr;
    QAction* m_npy = nullptr;
    QAction* m_npySelection = nullptr;
};

} // namespace pleat::ui
