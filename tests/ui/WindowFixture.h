// SPDX-License-Identifier: GPL-3.0-or-later
// What the window's tests share: a place of their own for settings and files, models to open, and hands that
// click through file dialogs and questions like a person.
#pragma once

#include "ui/document/Snapshot.h"

#include <QByteArray>
#include <QMap>
#include <QString>
#include <QTemporaryDir>
#include <QWidget>

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>

class QAbstractButton;

namespace onnx {
class GraphProto;
}

namespace pleat::ui {
class MainWindow;
}

namespace pleat::ui::test {

QString sampleModel(); // the digits: 13 pairs that can be folded, 1 that is blocked

// Settings and caches go to a folder of this test, which is empty.
void isolate(const QTemporaryDir& folder);

// An initializer of floats; `value` gives the element at a position.
void addFloats(onnx::GraphProto& graph, const std::string& name, std::initializer_list<int> dims,
               const std::function<float(int)>& value);

// A model of convolutions with biases and no batch norm, written into `folder`.
QString modelWithoutBatchNorms(const QTemporaryDir& folder);

// The same, but the weight comes from a Constant node through an Identity.
QString modelWithConstantNodes(const QTemporaryDir& folder);

// So many pairs of Conv and BatchNormalization in a row, over the same small weights.
QString modelWithPairs(const QTemporaryDir& folder, int pairs);

// The same, but a node that no output depends on reads what the last batch norm reads, and so blocks it.
QString modelWithADeadReader(const QTemporaryDir& folder, int pairs);

// A model in depth, with a pair on each page: c0 and bn0, then an If "choice" whose then_branch has c1 and
// bn1 and whose branches read "stem" from around them, then a call of the function Block(image), which has c2
// and bn2.
QString modelWithPages(const QTemporaryDir& folder);

// One pair whose folded weight is infinite, which only the export sees: more weights than are read before.
QString modelThatOverflows(const QTemporaryDir& folder);

// Two pairs whose constants are all listed as inputs, as of IR 4 a caller may replace them.
QString modelWithListedInitializers(const QTemporaryDir& folder);

// The sample with its weights in weights.data beside it.
QString sampleWithDataFile(const QTemporaryDir& folder);

// Adds an unused tensor of so many bytes to it, in a data file huge.data that is one large hole.
void addTensor(const QString& model, std::uint64_t bytes);

// Names and contents of all files in it, hidden ones included.
QMap<QString, QByteArray> filesIn(const QTemporaryDir& folder);

// The child with this object name; ends the test when there is none.
template<class Widget>
Widget* part(QWidget& window, const char* name)
{
    auto* found = window.findChild<Widget*>(QString::fromLatin1(name));
    if (!found)
        qFatal("the window has no part \"%s\"", name);
    return found;
}

// A window, shown, with this model opened; ends the test where it cannot be.
std::unique_ptr<MainWindow> openedWindow(const QString& path);

// Chooses the tab of these words in WEIGHTS.
void chooseTab(QWidget& window, const QString& words);

// Clicks a button as the mouse does.
void click(QAbstractButton* button);

// Pastes `path` into the file dialog that `window` shows, and accepts.
void chooseFile(QWidget& window, const QString& path);

// Clicks the button with these words in the next message box that opens, even if it blocks.
void answerNextQuestion(const QString& words);

// Right-clicks there and takes the entry that begins with these words; false where there is none.
bool chooseInMenu(QWidget& widget, QPoint at, const QString& words);

// A model of so many convolutions with a batch norm behind each, in memory.
SnapshotPointer snapshotOfPairs(int pairs);

} // namespace pleat::ui::test
