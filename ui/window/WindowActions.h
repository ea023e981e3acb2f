// SPDX-License-Identifier: GPL-3.0-or-later
// The actions of the window, by name. They belong to the window; this only knows them.
#pragma once

class QAction;
class QMenu;

namespace pleat::ui {

struct WindowActions {
    QAction *open, *sample, *reload, *exportModel, *exportOptions, *exportImage, *saveRecipe, *applyRecipe,
        *closeModel, *quit;
    QAction *undo, *redo, *find, *chooseAll, *chooseNone, *deselect;
    QAction *before, *after, *zoomIn, *zoomOut, *fit, *actualSize, *direction;
    QAction *attributes, *weights, *names;
    QAction *wheelScrolls, *fullScreen, *properties, *next, *previous;
    QAction *foldAll, *foldChecked;
    QAction *shortcuts, *about;
    QMenu* recent;
};

} // namespace pleat::ui
