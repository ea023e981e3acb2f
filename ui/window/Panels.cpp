// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/Panels.h"

#include "ui/fold/FoldPanel.h"
#include "ui/history/HistoryPanel.h"
#include "ui/inspector/InspectorPanel.h"
#include "ui/layers/LayersPanel.h"
#include "ui/prepare/PreparePanel.h"
#include "ui/problems/ProblemsPanel.h"
#include "ui/verify/VerifyPanel.h"
#include "ui/weights/WeightsPanel.h"

namespace pleat::ui {

std::vector<Panel*> makePanels(Workspace& workspace)
{
    // Of two that mark a node, the first one does.
    return {
        new ProblemsPanel(workspace), new PreparePanel(workspace),   new FoldPanel(workspace),
        new WeightsPanel(workspace),  new InspectorPanel(workspace), new HistoryPanel(workspace),
        new LayersPanel(workspace),   new VerifyPanel(workspace),
    };
}

} // namespace pleat::ui
