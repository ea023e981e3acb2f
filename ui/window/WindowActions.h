// SPDX-License-Identifier: GPL-3.0-or-later
// The actions of the window itself, by name, and where those of the panels go. They belong to the window;
// this only knows them.
#pragma once

class QAction;
class QMenu;
class QToolBar;

namespace pleat::ui {

struct WindowActions {
    QAction *open, *compare, *endComparison, *sample, *reload, *append, *extract, *exportModel,
        *exportOptions, *exportImage, *saveReport, *saveWeights;
    QAction *closeModel, *quit;
    QAction *undo, *redo, *find, *findNext, *findPrevious, *deselect;
    QAction *before, *after, *both, *back, *zoomIn, *zoomOut, *fit, *actualSize, *direction, *legend, *tidy;
    QAction *collapseScopes, *expandScopes;
    QAction *attributes, *weights, *names;
    QAction *wheelScrolls, *fullScreen;
    QAction *shortcuts, *about;

    QMenu *fileMenu, *editMenu, *viewMenu, *modelMenu;
    QMenu* recent;
    QToolBar* toolBar;
    // What the panels bring goes before these.
    QAction *endOfFile, *endOfView, *afterPanels, *endOfTools;
};

} // namespace pleat::ui
