// SPDX-License-Identifier: GPL-3.0-or-later
// A screen of 1024 × 700 at 200 % has room for 512 × 350 of the window's own pixels: the first window is not
// larger, and nothing in it is cut off.
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/CanvasBar.h"
#include "ui/canvas/CanvasControls.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Settings.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/window/MainWindow.h"

#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;

class TestSmallScreen final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private Q_SLOTS:
    void init() { isolate(m_folder); }

    // A row of recent files was as narrow as a button without words.
    void recentFilesCanBeRead()
    {
        Settings::addRecentFile(sampleModel());
        MainWindow window({});
        window.resize(1440, 900);
        window.show();
        QTest::qWait(0);
        bool found = false;
        for (const QLabel* label : window.findChildren<QLabel*>()) {
            if (label->text() != QStringLiteral("digits.onnx"))
                continue;
            found = true;
            QVERIFY2(label->width() >= label->sizeHint().width(),
                     qPrintable(QString::number(label->width())));
        }
        QVERIFY(found);
    }

    void fitsTheWholeWindow_data()
    {
        QTest::addColumn<QSize>("room");
        QTest::addColumn<bool>("listed"); // then there is a box for inputs
        QTest::newRow("1024 x 700 at 200 %") << QSize(512, 350) << false;
        QTest::newRow("1024 x 700 at 200 %, a box more") << QSize(512, 350) << true;
        QTest::newRow("1600 x 1000 at 200 %") << QSize(800, 500) << false;
        QTest::newRow("1600 x 1000") << QSize(1600, 1000) << false;
    }
    void fitsTheWholeWindow()
    {
        QFETCH(QSize, room);
        QFETCH(bool, listed);
        MainWindow window({});
        window.resize(room * 9 / 10);
        window.show();
        QVERIFY2(window.width() <= room.width(), "the empty window");
        QSignalSpy opened(&window.workspace().document(), &Document::openedModel);
        QSignalSpy drawn(&window.graph(), &GraphPane::sceneShown);
        window.openPath(listed ? modelWithListedInitializers(m_folder) : sampleModel());
        QVERIFY(opened.wait());
        QTRY_VERIFY(!drawn.isEmpty());
        QTest::qWait(0);
        const auto sizes = [&window] {
            QString text = QStringLiteral("%1 x %2:").arg(window.width()).arg(window.height());
            for (const QWidget* each : window.findChildren<QWidget*>())
                if (each->isVisible() &&
                    (each->minimumSizeHint().width() > 150 || each->minimumSizeHint().height() > 60))
                    text += QStringLiteral(" %1 %2 (%3 x %4)")
                                .arg(QLatin1StringView(each->metaObject()->className()), each->objectName())
                                .arg(each->minimumSizeHint().width())
                                .arg(each->minimumSizeHint().height());
            return text;
        };
        QVERIFY2(window.width() <= room.width() && window.height() <= room.height(), qPrintable(sizes()));
        const CanvasBar& bar = window.graph().bar();
        const CanvasControls& controls = bar.controls();
        QVERIFY2(bar.rect().contains(controls.geometry()), "the buttons for the view are cut off");
        QVERIFY2(bar.rect().contains(bar.sides().geometry()), "Before | After is cut off");
        QVERIFY(!controls.geometry().intersects(bar.sides().geometry()));
        for (const QToolButton* button : controls.findChildren<QToolButton*>())
            QVERIFY2(button->isHidden() ||
                         button->width() >= button->fontMetrics().horizontalAdvance(button->text()),
                     qPrintable(button->text()));
    }
};

QTEST_MAIN(TestSmallScreen)
#include "test_small_screen.moc"
