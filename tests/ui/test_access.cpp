// SPDX-License-Identifier: GPL-3.0-or-later
// The window without eyes and without a mouse: whatever can be operated has a name and a role for a screen
// reader, and every node of the graph is reached and told by keyboard.
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Panel.h"
#include "ui/window/MainWindow.h"

#include <QAccessible>
#include <QAction>
#include <QTabBar>
#include <QTest>
#include <QWidget>
#include <set>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

namespace {

bool isOperated(QAccessible::Role role)
{
    static const std::set roles{
        QAccessible::Button,   QAccessible::ButtonMenu,   QAccessible::CheckBox, QAccessible::RadioButton,
        QAccessible::ComboBox, QAccessible::EditableText, QAccessible::SpinBox,  QAccessible::Slider,
        QAccessible::List,     QAccessible::Table,        QAccessible::Tree,     QAccessible::PageTab,
        QAccessible::MenuItem, QAccessible::ListItem,     QAccessible::TreeItem, QAccessible::ButtonDropDown};
    return roles.contains(role);
}

// Each that is seen, from `root` on. Rows of lists are told by their models; the first hundred do.
template<class Visit>
void walk(QAccessibleInterface* root, const QString& path, Visit visit)
{
    constexpr int most = 100;
    if (!root || root->state().invisible)
        return;
    visit(*root, path);
    for (int i = 0; i < std::min(root->childCount(), most); ++i)
        if (QAccessibleInterface* child = root->child(i)) {
            const QObject* object = child->object();
            const QString name = object ? u"%1 %2"_s.arg(QLatin1StringView(object->metaObject()->className()),
                                                         object->objectName())
                                        : QString::number(i);
            walk(child, path + u" › "_s + name, visit);
        }
}

} // namespace

class TestAccess final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;

    GraphCanvas& canvas() { return m_window->graph().canvas(); }
    // What has no name, or cannot be told apart from a picture.
    QStringList nameless()
    {
        QStringList found;
        int operated = 0;
        walk(QAccessible::queryAccessibleInterface(m_window.get()), {},
             [&](QAccessibleInterface& each, const QString& path) {
                 const auto* widget = qobject_cast<QWidget*>(each.object());
                 const bool isOwn = each.object() && each.object()->objectName().startsWith(u"qt_"_s);
                 const bool takesFocus =
                     widget && widget->isVisible() && widget->focusPolicy() & Qt::TabFocus;
                 // The tabs of a list of tabs have the names.
                 if (isOwn || each.role() == QAccessible::PageTabList ||
                     (!isOperated(each.role()) && !takesFocus))
                     return;
                 ++operated;
                 if (each.text(QAccessible::Name).trimmed().isEmpty() &&
                     each.text(QAccessible::Value).isEmpty())
                     found += u"%1 (role %2)"_s.arg(path).arg(each.role());
             });
        if (operated < 10)
            found += u"only %1 things are found at all"_s.arg(operated);
        return found;
    }

private Q_SLOTS:
    void initTestCase() { isolate(m_folder); }
    void cleanup() { m_window.reset(); }

    void allThatIsOperatedHasANameAndARole()
    {
        m_window = std::make_unique<MainWindow>(std::filesystem::path());
        m_window->show();
        QCOMPARE(nameless().join(u'\n'), QString()); // the start page
        m_window = openedWindow(sampleModel());
        m_window->resize(1600, 1000);
        QTRY_VERIFY(!canvas().scene().nodes.empty());
        QStringList found = nameless();
        for (Panel* panel : m_window->findChildren<Panel*>()) {
            Q_EMIT panel->wanted();
            QTRY_VERIFY(!m_window->workspace().jobs().isBusy());
            found += nameless();
            for (QTabBar* tabs : panel->findChildren<QTabBar*>())
                for (int tab = 0; tab < tabs->count(); ++tab) {
                    tabs->setCurrentIndex(tab);
                    QTRY_VERIFY(!m_window->workspace().jobs().isBusy());
                    found += nameless();
                }
        }
        found.removeDuplicates();
        QCOMPARE(found.join(u'\n'), QString());
    }

    // Down and up along the edges, left and right beside; what is selected is told.
    void everyNodeIsReachedByKeyboard()
    {
        m_window = openedWindow(sampleModel());
        canvas().setAnimated(false);
        QTRY_VERIFY(!canvas().scene().nodes.empty());
        const auto& scene = canvas().scene();
        std::set<int> reached;
        std::vector<int> waiting;
        const auto arrive = [&] {
            const int node = canvas().selection().node;
            if (node >= 0 && reached.insert(node).second)
                waiting.push_back(node);
        };
        canvas().setFocus();
        QTest::keyClick(&canvas(), Qt::Key_Down);
        arrive();
        while (!waiting.empty()) {
            const int node = waiting.back();
            waiting.pop_back();
            for (const Qt::Key key : {Qt::Key_Down, Qt::Key_Up, Qt::Key_Left, Qt::Key_Right}) {
                canvas().select({node, -1, -1});
                QTest::keyClick(&canvas(), key);
                arrive();
            }
        }
        QCOMPARE(reached.size(), scene.nodes.size());
        for (const int node : reached) {
            canvas().select({node, -1, -1});
            const auto* told = QAccessible::queryAccessibleInterface(&canvas());
            QVERIFY(told->text(QAccessible::Description)
                        .contains(scene.nodes[static_cast<std::size_t>(node)].title));
        }
    }

    void everyActionHasAShortcutOrAMenuAndWords()
    {
        m_window = openedWindow(sampleModel());
        for (const QAction* action : m_window->actions()) {
            if (action->isSeparator())
                continue;
            QVERIFY2(!action->text().isEmpty(), qPrintable(action->objectName()));
            QVERIFY2(!action->toolTip().isEmpty(), qPrintable(action->text()));
        }
    }
};

QTEST_MAIN(TestAccess)
#include "test_access.moc"
