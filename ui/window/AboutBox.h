// SPDX-License-Identifier: GPL-3.0-or-later
// About Pleat: its version and licence, and which ONNX Runtime computes for it, or the command that gets one.
// That is found out in a worker while the box is shown. Another one can be chosen: it is taken where it can
// be used, and else the box says why not.
#pragma once

#include "ui/document/Workspace.h"

#include <QDialog>

class QPushButton;

namespace pleat::ui {

class PlainLabel;

class AboutBox final : public QDialog {
    Q_OBJECT
public:
    // Without a worker nothing is said of ONNX Runtime.
    explicit AboutBox(Workspace& workspace, QWidget* parent = nullptr);
    ~AboutBox() override;

    QString runtimeText() const; // what is said of ONNX Runtime

Q_SIGNALS:
    void found(); // what is shown says where ONNX Runtime is, or that it is not there

private:
    QLayout* makeHead(QWidget* parent);
    QLayout* makeRuntime();
    void look();
    void choose();
    void tryLibrary(const QString& path);
    void tell(const Result<OnnxRuntimeLibrary>& library);

    Workspace& m_workspace;
    PlainLabel* m_runtime = nullptr;
    PlainLabel* m_refused = nullptr; // why what was chosen is not taken
    QPushButton* m_choose = nullptr;
    QPushButton* m_automatic = nullptr;
};

} // namespace pleat::ui
